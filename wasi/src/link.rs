//! The glue to the core: definitions of the functions in a [`Linker`].

use wasmote::{Caller, Error, Extern, Linker};

use crate::{
    ctx::WasiCtx,
    host::Host,
    layout::Abi,
    preview1::{self, Function, Outcome},
};

/// Defines `wasi_snapshot_preview1` and `wasi_unstable` in the linker. `get` finds the context in the
/// store's data.
///
/// The functions work on the export `memory` of the instance that calls them.
///
/// # Errors
/// If one of the names is defined already.
pub fn add_to_linker<T: 'static, H: Host + 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx<H> + Send + Sync + Copy + 'static,
) -> Result<(), Error> {
    define_all(linker, get, Abi::Preview1)?;
    define_all(linker, get, Abi::Unstable)
}

#[inline(always)]
fn call<T: 'static, H: Host + 'static>(
    mut caller: Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut WasiCtx<H>,
    abi: Abi,
    function: Function,
    args: &[u64],
) -> Result<i32, Error> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(no_memory(abi, function));
    };
    #[cfg(feature = "debug")]
    let outcome = {
        let (bytes, data, mut notes) = memory.data_and_notes_mut(&mut caller);
        let taken = notes.are_taken();
        let mut note = |range| notes.written(range);
        let notes: Option<&mut dyn FnMut(_)> = if taken { Some(&mut note) } else { None };
        get(data).call_inline(bytes, notes, abi, function, args)
    };
    #[cfg(not(feature = "debug"))]
    let outcome = {
        let (bytes, data) = memory.data_and_store_mut(&mut caller);
        get(data).call_inline(bytes, None, abi, function, args)
    };
    match outcome {
        Outcome::Errno(errno) => Ok(i32::from(errno.raw())),
        // Exit codes are 32 bits without a sign to WASI, and with one to everybody else.
        Outcome::Exit(code) => Err(Error::exit(code as i32)),
    }
}

#[cold]
fn no_memory(abi: Abi, function: Function) -> Error {
    Error::new(alloc::format!(
        "`{}::{}` needs a memory: the calling module exports no memory named `memory`",
        abi.module(),
        function.name()
    ))
}

macro_rules! define_all {
    (
        $(fn $name:ident($($arg:ident: $ty:ident),*);)*
        exit fn $exit:ident($exit_arg:ident: $exit_ty:ident);
    ) => {
        fn define_all<T: 'static, H: Host + 'static>(
            linker: &mut Linker<T>,
            get: impl Fn(&mut T) -> &mut WasiCtx<H> + Send + Sync + Copy + 'static,
            abi: Abi,
        ) -> Result<(), Error> {
            use preview1::kinds::*;
            $(if Function::$name.is_in(abi) {
                linker.func_wrap(
                    abi.module(),
                    stringify!($name),
                    move |caller: Caller<'_, T>, $($arg: <$ty as Arg>::Wasm),*| -> Result<i32, Error> {
                        call(caller, get, abi, Function::$name, &[$(<$ty as Arg>::raw($arg)),*])
                    },
                )?;
            })*
            linker.func_wrap(
                abi.module(),
                stringify!($exit),
                move |caller: Caller<'_, T>, $exit_arg: <$exit_ty as Arg>::Wasm| -> Result<(), Error> {
                    call(caller, get, abi, Function::$exit, &[<$exit_ty as Arg>::raw($exit_arg)])?;
                    Ok(())
                },
            )?;
            Ok(())
        }
    };
}
preview1::wasi_functions!(define_all);
