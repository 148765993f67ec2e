//! The guest's view of this machine, as the command line describes it.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    net::TcpListener,
    path::Path,
    sync::Arc,
};

use wasmote_std_host::{Capture, StdDir, StdHost, StdStream, errno};
use wasmote_wasi::{
    BuildError, DirRights, Errno, Host, MemFs, MemHost, Rights, SeededRandom, TraceCall, WasiCtx,
    WasiCtxBuilder,
};

use crate::{args::ProgramArgs, error::Failure, load::reason};

/// What the guest's standard streams are.
#[derive(Clone, Default)]
pub enum Streams {
    /// Ours.
    #[default]
    Inherited,
    /// Input from bytes, output to where it can be looked at: for commands that need ours themselves.
    Kept {
        input: Arc<[u8]>,
        output: Capture,
        errors: Capture,
    },
}

/// What the guest is given of this machine.
pub fn real(args: &ProgramArgs, streams: &Streams) -> Result<WasiCtx<StdHost>, Failure> {
    let builder = words(args)?;
    let mut builder = match streams.clone() {
        Streams::Inherited => builder
            .stdin(StdStream::stdin())
            .stdout(StdStream::stdout())
            .stderr(StdStream::stderr()),
        Streams::Kept {
            input,
            output,
            errors,
        } => builder
            .stdin(StdStream::bytes(input))
            .stdout(output.into())
            .stderr(errors.into()),
    };
    // Sockets have the first numbers, as with other runtimes: programs know them by number only.
    for address in &args.listeners {
        let listener = TcpListener::bind(address).map_err(|error| {
            Failure::new(format!("cannot listen at `{address}`: {}", reason(&error)))
        })?;
        builder = builder.socket(listener.into(), Rights::SOCKET, Rights::SOCKET);
    }
    for dir in &args.dirs {
        let (path, name, rights) = directory(text(dir)?);
        let dir = StdDir::open(path).map_err(|error| unreadable(Path::new(path), &error))?;
        builder = builder.preopen(dir, name, rights).map_err(failure)?;
    }
    builder.build(StdHost::new()).map_err(failure)
}

/// What the guest is given of a machine that does not exist: copies of the directories in memory, which
/// are gone at the end, a clock of its own and the randomness of a seed.
pub fn virtual_machine(args: &ProgramArgs, streams: &Streams) -> Result<WasiCtx<MemHost>, Failure> {
    let mut host = MemHost::new();
    host.random = SeededRandom::new(args.seed);
    let io = |result: io::Result<usize>| result.map_err(|error| errno(&error));
    let (stdin, stdout, stderr) = match streams.clone() {
        Streams::Inherited => (
            host.reader(move |buf| io(io::stdin().read(buf))),
            host.writer(move |buf| {
                let mut stdout = io::stdout();
                io(stdout
                    .write(buf)
                    .and_then(|len| stdout.flush().map(|()| len)))
            }),
            host.writer(move |buf| io(io::stderr().write(buf))),
        ),
        Streams::Kept {
            input,
            output,
            errors,
        } => {
            let mut input = io::Cursor::new(input);
            (
                host.reader(move |buf| io(input.read(buf))),
                host.writer(move |buf| output.write(&[buf])),
                host.writer(move |buf| errors.write(&[buf])),
            )
        }
    };
    let mut builder = words(args)?.stdin(stdin).stdout(stdout).stderr(stderr);
    for (index, dir) in args.dirs.iter().enumerate() {
        let (path, name, rights) = directory(text(dir)?);
        let copy = index.to_string();
        copy_in(&mut host.fs, Path::new(path), &copy)?;
        let dir = host
            .fs
            .dir(&copy)
            .map_err(|error| full(Path::new(path), error))?;
        builder = builder.preopen(dir, name, rights).map_err(failure)?;
    }
    builder.build(host).map_err(failure)
}

/// Copies a directory of this machine. What is neither file, directory nor symbolic link is left out.
fn copy_in(files: &mut MemFs, from: &Path, to: &str) -> Result<(), Failure> {
    let full = |error| full(from, error);
    let unreadable = |error: io::Error| unreadable(from, &error);
    files.create_dir_all(to).map_err(full)?;
    for entry in fs::read_dir(from).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let (path, name) = (entry.path(), entry.file_name());
        let to = format!("{to}/{}", text(&name)?);
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() {
            copy_in(files, &path, &to)?;
        } else if kind.is_file() {
            let contents = fs::read(&path).map_err(|error| self::unreadable(&path, &error))?;
            files.write(&to, &contents).map_err(full)?;
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).map_err(unreadable)?;
            files
                .symlink(text(target.as_os_str())?, &to)
                .map_err(full)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("{}: {}", path.display(), reason(error)))
}

fn full(path: &Path, error: Errno) -> Failure {
    Failure::new(format!(
        "{}: cannot be copied to memory: {error}",
        path.display()
    ))
}

/// Arguments and variables, and the trace.
fn words<H: Host>(args: &ProgramArgs) -> Result<WasiCtxBuilder<H>, Failure> {
    let (file, words) = args.words.split_first().expect("clap wants one");
    let name = args.argv0.as_deref().map_or(file.as_os_str(), OsStr::new);
    let mut builder = WasiCtxBuilder::new().arg(text(name)?).map_err(failure)?;
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

fn failure(error: BuildError) -> Failure {
    Failure::new(error.to_string())
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
