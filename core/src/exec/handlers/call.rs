//! Calls.
//!
//! A callee's frame begins at its first argument in the caller's frame. Its header lies behind the
//! space that parameters and results share. Everything that can fail (translation, stack space,
//! type checks) happens before the first write, so that a call can be started again.

use core::{marker::PhantomData, sync::atomic::Ordering};

#[cfg(compact)]
use crate::image::RECORD_BYTES;
#[cfg(not(compact))]
use core::{ptr::with_exposed_provenance, sync::atomic::AtomicPtr};

use crate::{
    bytecode::{Encoding, Native, Op},
    exec::{
        cx::{Cx, Exit},
        dispatch::{Cell, Flow, Handle, OPCODE_BYTES, Regs, at, cell},
        handlers::{control::Halt, ret::Restore},
        operand::Source,
        stack::Switch,
    },
    store::{FuncKind, InstanceEntity},
    trap::TrapCode,
    types::TypeId,
};

/// Where a call from the host returns to.
/// (Behind every instruction there is room for the operands that the portable loop looks at.)
pub(crate) static HALT: [Cell; 2] = [cell::<Halt>(Op::Halt); 2];
/// Where a call across instances returns to.
static RESTORE: [Cell; 2] = [cell::<Restore>(Op::Restore); 2];

/// The return address `RESTORE`, for backtraces to recognize.
pub(crate) fn restore_ip() -> *const u8 {
    RESTORE.as_ptr().cast()
}

/// A function's code is preceded by the size of its frame: the bytes (a usize), or in the compact encoding the
/// slots (a u16).
pub(crate) const ENTRY_HEADER_BYTES: usize = Native::ENTRY_BYTES;

/// Bytes of the frame of the function that begins at `entry`.
///
/// # Safety
/// `entry` is the beginning of a translated function.
#[inline(always)]
pub(crate) unsafe fn frame_bytes(entry: *const u8) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let header = entry.sub(ENTRY_HEADER_BYTES);
        if Native::COMPACT {
            usize::from(u16::from_le(header.cast::<u16>().read())) * 8
        } else {
            header.cast::<usize>().read()
        }
    }
}

/// Writes a frame header.
///
/// # Safety
/// The header's slots lie in the stack.
#[inline(always)]
pub(crate) unsafe fn write_header(at: *mut u64, ret: *const u8, distance: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        at.cast::<*const u8>().write(ret);
        *at.add(1) = distance;
    }
}

/// Return address and distance of a frame header.
///
/// # Safety
/// A header was written there.
#[inline(always)]
pub(crate) unsafe fn read_header(at: *const u64) -> (*const u8, u64) {
    // SAFETY: the caller's promise.
    unsafe { (at.cast::<*const u8>().read(), *at.add(1)) }
}

/// Whether `bytes` fit the stack from `sp`, which is in the stack. If not, `Grow` makes room.
#[inline(always)]
pub(super) unsafe fn fits(cx: *mut Cx, sp: *mut u64, bytes: usize) -> bool {
    // SAFETY: the context outlives the run.
    unsafe { (*cx).stack_end as usize - sp as usize >= bytes }
}

/// How an op says which function of its module it calls. Rare work finds it again, so that calls need not
/// keep in registers what only that wants.
pub(super) trait Callee {
    /// Slots from this frame to the callee's.
    unsafe fn base(r: &Regs) -> usize {
        // SAFETY: ops that call have this field.
        unsafe { r.read::<u16>(0) as usize }
    }
    /// Slots from the callee's frame to its header.
    unsafe fn header(r: &Regs) -> usize {
        // SAFETY: ops that call have this field.
        unsafe { r.read::<u16>(2) as usize }
    }
    /// # Safety
    /// The op has found a function there.
    unsafe fn defined(r: &Regs) -> u32;
}

/// The field at 4; frame and header are named like slots.
struct Near;
impl Callee for Near {
    #[inline(always)]
    unsafe fn base(r: &Regs) -> usize {
        // SAFETY: the instruction has this field.
        unsafe { r.slot_number(0).into() }
    }
    #[inline(always)]
    unsafe fn header(r: &Regs) -> usize {
        // SAFETY: the instruction has this field.
        unsafe { r.slot_number(2).into() }
    }
    #[inline(always)]
    unsafe fn defined(r: &Regs) -> u32 {
        // SAFETY: the instruction has this field.
        unsafe { r.index(at(4, 2)) }
    }
}

/// The field at `AT`.
pub(super) struct Direct<const AT: usize>;
impl<const AT: usize> Callee for Direct<AT> {
    #[inline(always)]
    unsafe fn defined(r: &Regs) -> u32 {
        // SAFETY: the instruction has this field.
        unsafe { r.index(AT) }
    }
}

/// The index in the slot at `AT`, the table and the type behind it.
pub(super) struct Indirect<const AT: usize>;
impl<const AT: usize> Callee for Indirect<AT> {
    #[inline(always)]
    unsafe fn defined(r: &Regs) -> u32 {
        // SAFETY: the instruction has these fields.
        match unsafe { resolve::<true>(r, AT) } {
            Ok(Target::Near(defined)) => defined,
            _ => 0,
        }
    }
}

/// Makes room for a frame that did not fit, and starts the instruction that calls again; if it still does not fit,
/// that comes back here. (To say how much is wanted would cost each call, whose registers are all in use.)
pub(super) struct Grow;
impl Handle for Grow {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the context outlives the run; the stack keeps its contents.
        unsafe {
            let stack = &mut (*r.cx()).stack;
            let start = stack.base() as usize;
            let used = r.sp() as usize - start;
            if !stack.grow() {
                return r.trap(TrapCode::StackOverflow);
            }
            let (start, end) = (stack.base(), stack.end());
            (*r.cx()).stack_end = end;
            r.set_sp(start.add(used / 8));
            r.go()
        }
    }
}

/// Translates the function that the instruction calls, and starts it again.
pub(super) struct Translate<C>(PhantomData<C>);
impl<C: Callee> Handle for Translate<C> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the context outlives the run, the instance the context.
        unsafe {
            let cx = r.cx();
            if translate(cx, (*cx).instance.as_ref(), C::defined(&r)) {
                r.go()
            } else {
                r.exit(Exit::Error)
            }
        }
    }
}

/// Translates a defined function; false, with `Cx::error`, if that fails.
unsafe fn translate(cx: *mut Cx, instance: &InstanceEntity, defined: u32) -> bool {
    let module = instance.module.inner();
    match module.code.translate(module, defined) {
        Ok(()) => true,
        Err(error) => {
            // SAFETY: the context outlives the run.
            unsafe { (*cx).error = Some(error) };
            false
        }
    }
}

/// Entry of a function that the current instance's module defines; null when it is not translated.
#[inline(always)]
pub(super) unsafe fn entry(cx: *mut Cx, defined: u32) -> *const u8 {
    // SAFETY: function indices were validated; the tables live as long as the module.
    unsafe {
        #[cfg(compact)]
        if cfg!(not(feature = "compiler")) || !(*cx).image.is_null() {
            let record = (*cx).records.add(defined as usize * RECORD_BYTES + 2);
            let offset = u32::from_le(record.cast::<u32>().read_unaligned());
            return (*cx).image.add(offset as usize);
        }
        (*(*cx).code.add(defined as usize)).load(Ordering::Acquire)
    }
}

#[inline(always)]
unsafe fn call_defined<C: Callee>(mut r: Regs, entry: *const u8, operand_bytes: usize) -> Flow {
    // SAFETY: the instruction has base and header.
    unsafe {
        if cfg!(feature = "compiler") && entry.is_null() {
            return r.defer::<Translate<C>>();
        }
        let sp = r.sp().add(C::base(&r));
        if !fits(r.cx(), sp, frame_bytes(entry)) {
            return r.defer::<Grow>();
        }
        write_header(
            sp.add(C::header(&r)),
            r.ip().add(OPCODE_BYTES + operand_bytes),
            (sp as usize - r.sp() as usize) as u64,
        );
        r.set_sp(sp);
        r.set_ip(entry);
        r.go()
    }
}

/// Calls a function that the module defines.
pub(crate) struct Call;
impl Handle for Call {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            #[cfg(not(compact))]
            let entry = {
                let entry = with_exposed_provenance::<AtomicPtr<u8>>(r.read::<usize>(8));
                (*entry).load(Ordering::Acquire)
            };
            #[cfg(compact)]
            let entry = entry(r.cx(), r.index(4));
            call_defined::<Direct<4>>(r, entry, at(16, 6))
        }
    }
}

/// The same, where frame and header are named like slots: what the compact encoding has but for large functions.
pub(crate) struct CallNear;
impl Handle for CallNear {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let entry = entry(r.cx(), Near::defined(&r));
            call_defined::<Near>(r, entry, at(8, 4))
        }
    }
}

/// Copies x (at 6, constants of 16 bits) to the slot at 4, then calls the function at 8.
pub(crate) struct CallWith<X>(PhantomData<X>);
impl<X: Source> Handle for CallWith<X> {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields. The copy may be done again.
        unsafe {
            *r.slot(4) = X::get16::<u64>(&r, 6);
            let entry = entry(r.cx(), r.index(8));
            call_defined::<Direct<8>>(r, entry, 16)
        }
    }
}

/// Calls the store's function `Cx::callee`, which may be of another instance or of the host.
/// `BYTES` are those of the instruction's operands.
struct Leave<const BYTES: usize>;
impl<const BYTES: usize> Handle for Leave<BYTES> {
    #[inline(always)]
    unsafe fn run(mut r: Regs) -> Flow {
        // SAFETY: the callee is a function of the store; instances live as long as the store.
        unsafe {
            let cx = r.cx();
            let ret = r.ip().add(OPCODE_BYTES + BYTES);
            let base = r.read::<u16>(0) as usize;
            let callee = (*cx).callee;
            match (*(*cx).funcs.add(callee as usize)).kind {
                FuncKind::Host { .. } => {
                    r.set_ip(ret);
                    r.exit(Exit::Host {
                        func: callee,
                        base: base as u32,
                    })
                }
                FuncKind::Wasm { instance, defined } => {
                    let entry = match entry_in(cx, instance.as_ref(), defined) {
                        Some(entry) => entry,
                        None => return r.exit(Exit::Error),
                    };
                    let sp = r.sp().add(base);
                    if !fits(cx, sp, frame_bytes(entry)) {
                        return r.defer::<Grow>();
                    }
                    (*cx).stack.switches.push(Switch {
                        ip: ret,
                        instance: (*cx).instance,
                    });
                    write_header(
                        sp.add(r.read::<u16>(2) as usize),
                        restore_ip(),
                        base as u64 * 8,
                    );
                    (*cx).load_instance(instance);
                    r.set_mem((*cx).mem);
                    r.set_sp(sp);
                    r.set_ip(entry);
                    r.go()
                }
            }
        }
    }
}

/// Entry of a function of any instance, translated if need be; `None` with `Cx::error` if that fails.
pub(super) unsafe fn entry_in(
    cx: *mut Cx,
    instance: &InstanceEntity,
    defined: u32,
) -> Option<*const u8> {
    let code = &instance.module.inner().code;
    if cfg!(feature = "compiler") && code.entry(defined).is_null() {
        // SAFETY: the context outlives the run.
        if !unsafe { translate(cx, instance, defined) } {
            return None;
        }
    }
    Some(code.entry(defined))
}

/// Index in the store of the current instance's function at `at`, which is imported (or any, but for images in place).
#[inline(always)]
pub(super) unsafe fn function(r: &Regs, at: usize) -> u32 {
    // SAFETY: the instruction has this field; function indices were validated; the instance is alive
    // while it runs.
    unsafe {
        let funcs = (*(*r.cx()).instance.as_ptr()).funcs.as_ptr();
        *funcs.add(r.index(at) as usize)
    }
}

/// Calls an imported function.
pub(crate) struct CallImport;
impl Handle for CallImport {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields; function indices were validated.
        unsafe {
            let cx = r.cx();
            (*cx).callee = function(&r, 4);
            r.defer::<Leave<{ at(8, 6) }>>()
        }
    }
}

/// What `call_indirect` finds.
pub(super) enum Target {
    /// Defined by the current instance's module.
    Near(u32),
    /// Index in the store.
    Far(u32),
}

/// A type of the current instance's module.
#[cfg_attr(not(compact), allow(dead_code))]
#[inline(always)]
pub(super) unsafe fn type_of_module(cx: *mut Cx, index: u32) -> TypeId {
    // SAFETY: type indices were validated; the instance is alive while it runs.
    unsafe {
        let types = (*cx).instance.as_ref().module.inner().types.as_ptr();
        (*types.add(index as usize)).id
    }
}

/// Looks up the function at the index in the slot at `at`, in the table behind that, of the type behind that, or
/// of a subtype.
#[inline(always)]
pub(super) unsafe fn resolve<const SUBTYPE: bool>(r: &Regs, at: usize) -> Result<Target, TrapCode> {
    // SAFETY: table and type indices were validated; the function is one of the store.
    unsafe {
        let cx = r.cx();
        let table = (*(*cx).tables.add(r.read::<u16>(at + 2) as usize)).as_ref();
        let index = *r.slot16(at);
        let index = if table.is_wide() {
            index
        } else {
            index as u32 as u64
        };
        if index >= table.elements.len() as u64 {
            return Err(TrapCode::IndirectCallOutOfBounds);
        }
        let Some(func) = func_of(cx, *table.elements.get_unchecked(index as usize)) else {
            return Err(TrapCode::IndirectCallToNull);
        };
        is_of_type::<SUBTYPE>(r, func, at + 4)?;
        Ok(target(cx, func))
    }
}

/// Checks that a function of the store is of the type at `at`, or of a subtype.
#[inline(always)]
unsafe fn is_of_type<const SUBTYPE: bool>(r: &Regs, func: u32, at: usize) -> Result<(), TrapCode> {
    // SAFETY: the instruction has this field; type indices were validated.
    unsafe {
        let cx = r.cx();
        let entity = &*(*cx).funcs.add(func as usize);
        let ty = if Native::COMPACT {
            type_of_module(cx, r.index(at))
        } else {
            TypeId(r.read(at))
        };
        let is = match SUBTYPE {
            true => (*(*cx).heap).is_subtype(entity.ty, ty),
            false => entity.ty == ty,
        };
        if is {
            Ok(())
        } else {
            Err(TrapCode::BadSignature)
        }
    }
}

/// The function of the store that a slot refers to; `None` for null, and for what no function has: code of images
/// may have made that of a number.
#[inline(always)]
pub(super) unsafe fn func_of(cx: *mut Cx, slot: u64) -> Option<u32> {
    // (The tag lies above the index, which is one more than the function's.)
    let func = (slot as u32).wrapping_sub(1);
    // SAFETY: the context outlives the run.
    (func < unsafe { (*cx).func_count }).then_some(func)
}

/// Where a function of the store is found.
#[inline(always)]
unsafe fn target(cx: *mut Cx, func: u32) -> Target {
    // SAFETY: the caller's promise; functions are never removed from a store.
    match unsafe { (*(*cx).funcs.add(func as usize)).kind } {
        // SAFETY: the context outlives the run.
        FuncKind::Wasm { instance, defined } if instance == unsafe { (*cx).instance } => {
            Target::Near(defined)
        }
        _ => Target::Far(func),
    }
}

/// Calls what the op, with `BYTES` of operands, has found.
#[inline(always)]
unsafe fn enter<C: Callee, const BYTES: usize>(r: Regs, found: Result<Target, TrapCode>) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        match found {
            Ok(Target::Near(defined)) => {
                let entry = entry(r.cx(), defined);
                call_defined::<C>(r, entry, BYTES)
            }
            Ok(Target::Far(func)) => {
                (*r.cx()).callee = func;
                r.defer::<Leave<BYTES>>()
            }
            Err(code) => r.trap(code),
        }
    }
}

/// Calls through a table, a function of just the type.
pub(crate) struct CallIndirect;
impl Handle for CallIndirect {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            match resolve::<false>(&r, 4) {
                Err(TrapCode::BadSignature) if cfg!(feature = "gc") => r.defer::<CallIndirectSub>(),
                found => enter::<Indirect<4>, { at(16, 10) }>(r, found),
            }
        }
    }
}

/// The same of a subtype.
struct CallIndirectSub;
impl Handle for CallIndirectSub {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let found = resolve::<true>(&r, 4);
            enter::<Indirect<4>, { at(16, 10) }>(r, found)
        }
    }
}

/// The reference in the slot at `AT`, to a function of the type at `TY`.
#[cfg(feature = "gc")]
pub(super) struct Referenced<const AT: usize, const TY: usize>;
#[cfg(feature = "gc")]
impl<const AT: usize, const TY: usize> Callee for Referenced<AT, TY> {
    #[inline(always)]
    unsafe fn defined(r: &Regs) -> u32 {
        // SAFETY: the instruction has these fields.
        match unsafe { referenced::<true>(r, AT, TY) } {
            Ok(Target::Near(defined)) => defined,
            _ => 0,
        }
    }
}

/// The function that the slot at `at` refers to, if it is of the type at `ty`, or of a subtype. (It always is in
/// a validated module; images are not typed.)
#[cfg(feature = "gc")]
#[inline(always)]
pub(super) unsafe fn referenced<const SUBTYPE: bool>(
    r: &Regs,
    at: usize,
    ty: usize,
) -> Result<Target, TrapCode> {
    // SAFETY: the instruction has these fields; type indices were validated.
    unsafe {
        let cx = r.cx();
        let func = func_of(cx, *r.slot16(at)).ok_or(TrapCode::NullReference)?;
        is_of_type::<SUBTYPE>(r, func, ty)?;
        Ok(target(cx, func))
    }
}

/// Calls through a reference, a function of just the type.
#[cfg(feature = "gc")]
pub(crate) struct CallRef;
#[cfg(feature = "gc")]
impl Handle for CallRef {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            match referenced::<false>(&r, 4, at(8, 6)) {
                Err(TrapCode::BadSignature) => r.defer::<CallRefSub>(),
                found => enter::<Referenced<4, { at(8, 6) }>, { at(16, 8) }>(r, found),
            }
        }
    }
}

/// The same of a subtype.
#[cfg(feature = "gc")]
struct CallRefSub;
#[cfg(feature = "gc")]
impl Handle for CallRefSub {
    #[inline(always)]
    unsafe fn run(r: Regs) -> Flow {
        // SAFETY: the instruction has these fields.
        unsafe {
            let found = referenced::<true>(&r, 4, at(8, 6));
            enter::<Referenced<4, { at(8, 6) }>, { at(16, 8) }>(r, found)
        }
    }
}
