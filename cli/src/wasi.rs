//! The guest's view of this machine, as the command line describes it.

use std::{
    env,
    ffi::OsStr,
    io::{self, Write},
    net::TcpListener,
};

use wasmote::Linker;
use wasmote_std_host::{Error, WasiCtx, WasiCtxBuilder};
use wasmote_wasi::{DirRights, Rights, TraceCall};

use crate::{args::RunArgs, error::Failure, load::reason, run::Guest};

/// What the guest was given.
pub type Context = WasiCtx;

/// Defines WASI's functions.
pub fn link(linker: &mut Linker<Guest>) -> Result<(), wasmote::Error> {
    wasmote_wasi::add_to_linker(linker, |guest: &mut Guest| &mut guest.wasi)
}

/// Opens the directories and collects arguments and variables.
pub fn context(args: &RunArgs) -> Result<Context, Failure> {
    build(args)?.build().map_err(failure)
}

fn build(args: &RunArgs) -> Result<WasiCtxBuilder, Failure> {
    let (file, words) = args.program.split_first().expect("clap wants one");
    let name = args.argv0.as_deref().map_or(file.as_os_str(), OsStr::new);
    let mut builder = WasiCtxBuilder::new()
        .inherit_stdio()
        .arg(text(name)?)
        .map_err(failure)?;
    if args.invoke.is_none() {
        for word in words {
            builder = builder.arg(text(word)?).map_err(failure)?;
        }
    }
    for variable in &args.env {
        builder = match variable.split_once('=') {
            Some((name, value)) => builder.env(name, value),
            None => {
                let missing =
                    || Failure::new(format!("the environment variable `{variable}` is not set"));
                let value = env::var_os(variable).ok_or_else(missing)?;
                builder.env(variable, text(&value)?)
            }
        }
        .map_err(failure)?;
    }
    // Sockets have the first numbers, as with other runtimes: programs know them by number only.
    for address in &args.listeners {
        let listener = TcpListener::bind(address).map_err(|error| {
            Failure::new(format!("cannot listen at `{address}`: {}", reason(&error)))
        })?;
        builder = builder.socket(listener, Rights::SOCKET, Rights::SOCKET);
    }
    for dir in &args.dirs {
        let (host, guest, rights) = directory(text(dir)?);
        builder = builder
            .preopened_dir(host, guest, rights)
            .map_err(failure)?;
    }
    if args.trace_wasi {
        // Nothing is left to do if standard error is gone.
        builder = builder.trace(|call: &TraceCall<'_>| drop(writeln!(io::stderr(), "{call}")));
    }
    Ok(builder)
}

/// `HOST`, `HOST::GUEST`, each with `:ro` or without.
fn directory(text: &str) -> (&str, &str, DirRights) {
    let (names, rights) = match text.strip_suffix(":ro") {
        Some(names) => (names, DirRights::READ_ONLY),
        None => (text, DirRights::READ_WRITE),
    };
    let (host, guest) = names.split_once("::").unwrap_or((names, names));
    (host, guest, rights)
}

fn text(words: &OsStr) -> Result<&str, Failure> {
    words
        .to_str()
        .ok_or_else(|| Failure::new(format!("`{}` is not UTF-8", words.display())))
}

fn failure(error: Error) -> Failure {
    match error {
        Error::OpenDir { path, error } => {
            Failure::new(format!("{}: {}", path.display(), reason(&error)))
        }
        other => Failure::new(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories() {
        let (all, look) = (DirRights::READ_WRITE, DirRights::READ_ONLY);
        assert_eq!(directory("."), (".", ".", all));
        assert_eq!(directory("/a:b::/c"), ("/a:b", "/c", all));
        assert_eq!(directory("/a::/c:ro"), ("/a", "/c", look));
        assert_eq!(directory("a:ro"), ("a", "a", look));
    }
}
