//! What is tried: hostile paths for every function that takes one, and single attempts of all kinds.

use wasmote_std_host::StdHost;
use wasmote_tests::program::{CREAT, DIRECTORY, EXCL, Program, Result, TRUNC};
use wasmote_wasi::{Errno, Function, Rights};

pub type Guest = Program<StdHost>;
/// A function that takes a path: its name, and the call.
type OnPath = (&'static str, fn(&mut Guest, &str) -> Result<()>);
/// What is tried, how, and what comes of it.
type Probe = (&'static str, fn(&mut Guest) -> Result<()>, Errno);

pub const ROOT: u64 = 3;
/// The same directory again, for reading.
const SEALED: u64 = 4;
pub const READ: Rights = Rights::FD_READ;
pub const WRITE: Rights = Rights::FD_WRITE;
pub const NONE: Rights = Rights::EMPTY;
const OUT: u64 = 60_000;
const END: u64 = 1 << 17;
const FAR: u64 = 0xffff_fff8;

/// Functions that take a path.
pub const FUNCTIONS: &[OnPath] = &[
    ("open", |g, path| g.open(ROOT, path, 0, READ).map(drop)),
    ("open, following", |g, path| {
        g.open_with(ROOT, true, path, 0, READ, NONE, 0).map(drop)
    }),
    ("create", |g, path| {
        g.open_with(ROOT, true, path, CREAT, WRITE, NONE, 0)
            .map(drop)
    }),
    ("create, exclusively", |g, path| {
        g.open_with(ROOT, true, path, CREAT | EXCL, WRITE, NONE, 0)
            .map(drop)
    }),
    ("truncate", |g, path| {
        g.open_with(ROOT, true, path, TRUNC, WRITE, NONE, 0)
            .map(drop)
    }),
    ("open a directory", |g, path| {
        g.open_with(ROOT, true, path, DIRECTORY, NONE, NONE, 0)
            .map(drop)
    }),
    ("stat", |g, path| g.stat(ROOT, path, false).map(drop)),
    ("stat, following", |g, path| {
        g.stat(ROOT, path, true).map(drop)
    }),
    ("set times", |g, path| g.set_mtim(ROOT, path, false, 1)),
    ("set times, following", |g, path| {
        g.set_mtim(ROOT, path, true, 1)
    }),
    ("readlink", |g, path| g.readlink(ROOT, path, 100).map(drop)),
    ("mkdir", |g, path| g.mkdir(ROOT, path)),
    ("rmdir", |g, path| g.rmdir(ROOT, path)),
    ("unlink", |g, path| g.unlink(ROOT, path)),
    ("rename from", |g, path| {
        g.rename(ROOT, path, ROOT, "stolen")
    }),
    ("rename to", |g, path| g.rename(ROOT, "file", ROOT, path)),
    ("link from", |g, path| g.link(ROOT, path, ROOT, "stolen")),
    ("link to", |g, path| g.link(ROOT, "file", ROOT, path)),
    ("symlink at", |g, path| g.symlink("file", ROOT, path)),
];

/// Paths that lead out, whatever is done with them. Should one ever get out, it finds nothing that matters:
/// a directory of the test's own, or names that nobody has.
pub const ESCAPES: &[&str] = &[
    "../outside/secret",
    "../root/file",
    "/no-such-wasmote/secret",
    "//no-such-wasmote/secret",
    "dir/../../outside/secret",
    "./dir/.././../outside/secret",
    "dir//..//..//outside/secret",
    "up/secret",
    "up/dir/../secret",
    "dir/../up/secret",
    "up/../outside/secret",
    "up/../root/file",
    "absolute/secret",
    "winding/secret",
    "chain/secret",
    "inner/../../outside/secret",
    "proc_root/no-such-wasmote/secret",
    "proc_fd/no-such-wasmote/secret",
    "proc_cwd/no-such-wasmote/secret",
    "dir/deep_up/secret",
];

/// Links to outside at the end of a path, for what follows them.
pub const LINKS: &[&str] = &[
    "up",
    "out",
    "absolute",
    "winding",
    "chain",
    "dangling_out",
    "proc_root",
    "proc_fd",
    "proc_cwd",
    "dir/deep_up",
    "up/",
    "chain/.",
];

pub const FOLLOWING: &[&str] = &[
    "open, following",
    "create",
    "truncate",
    "open a directory",
    "stat, following",
    "set times, following",
];

fn raw(g: &mut Guest, function: Function, bytes: &[u8]) -> Result<()> {
    g.memory[1000..1000 + bytes.len()].copy_from_slice(bytes);
    g.call(function, &[ROOT, 1000, bytes.len() as u64])
}

fn iovec(g: &mut Guest, index: usize, ptr: u64, len: u64) {
    let at = 100 + index * 8;
    g.memory[at..at + 4].copy_from_slice(&(ptr as u32).to_le_bytes());
    g.memory[at + 4..at + 8].copy_from_slice(&(len as u32).to_le_bytes());
}

fn file(g: &mut Guest) -> u64 {
    g.open(
        ROOT,
        "file",
        0,
        READ | WRITE | Rights::FD_SEEK | Rights::FD_ADVISE,
    )
    .unwrap()
}

/// Everything else.
pub const PROBES: &[Probe] = &[
    // Names.
    (
        "an empty path",
        |g| raw(g, Function::path_create_directory, b""),
        Errno::NoEnt,
    ),
    (
        "a NUL at the end",
        |g| raw(g, Function::path_create_directory, b"new\0"),
        Errno::Inval,
    ),
    (
        "a NUL before a way out",
        |g| {
            raw(
                g,
                Function::path_unlink_file,
                b"file\0/../../outside/secret",
            )
        },
        Errno::Inval,
    ),
    (
        "no UTF-8",
        |g| raw(g, Function::path_create_directory, b"\xff\xfe"),
        Errno::Ilseq,
    ),
    (
        "a surrogate",
        |g| raw(g, Function::path_create_directory, b"\xed\xa0\x80"),
        Errno::Ilseq,
    ),
    (
        "an overlong slash",
        |g| raw(g, Function::path_create_directory, b"..\xc0\xafoutside"),
        Errno::Ilseq,
    ),
    (
        "a name of 256 bytes",
        |g| g.mkdir(ROOT, &"n".repeat(256)),
        Errno::NameTooLong,
    ),
    (
        "a path of 4096 bytes",
        |g| g.mkdir(ROOT, &"d/".repeat(2048)),
        Errno::NameTooLong,
    ),
    (
        "a path of all the memory",
        |g| g.call(Function::path_create_directory, &[ROOT, 0, END]),
        Errno::NameTooLong,
    ),
    // Links.
    (
        "a link to itself",
        |g| g.open_with(ROOT, true, "loop", 0, READ, NONE, 0).map(drop),
        Errno::Loop,
    ),
    (
        "two links to each other",
        |g| g.stat(ROOT, "ping/x", true).map(drop),
        Errno::Loop,
    ),
    (
        "fifty links",
        |g| g.stat(ROOT, "link50", true).map(drop),
        Errno::Loop,
    ),
    (
        "a link that is not followed",
        |g| g.open(ROOT, "inner_file", 0, READ).map(drop),
        Errno::Loop,
    ),
    (
        "creating through a dangling link, exclusively",
        |g| {
            g.open_with(ROOT, true, "dangling", CREAT | EXCL, WRITE, NONE, 0)
                .map(drop)
        },
        Errno::Exist,
    ),
    (
        "making an absolute link",
        |g| g.symlink("/etc", ROOT, "new"),
        Errno::Perm,
    ),
    (
        "reading an absolute link",
        |g| g.readlink(ROOT, "absolute", 100).map(drop),
        Errno::Perm,
    ),
    (
        "a hard link to a link's target",
        |g| {
            g.memory[1000..1003].copy_from_slice(b"out");
            g.memory[2000..2003].copy_from_slice(b"new");
            g.call(Function::path_link, &[ROOT, 1, 1000, 3, ROOT, 2000, 3])
        },
        Errno::Inval,
    ),
    (
        "a hard link to a directory",
        |g| g.link(ROOT, "dir", ROOT, "new"),
        Errno::Perm,
    ),
    (
        "an empty link",
        |g| g.symlink("", ROOT, "new"),
        Errno::NoEnt,
    ),
    // The shape of paths.
    (
        "a file with a slash",
        |g| g.open(ROOT, "file/", 0, READ).map(drop),
        Errno::NotDir,
    ),
    (
        "through a file",
        |g| g.open(ROOT, "file/../file", 0, READ).map(drop),
        Errno::NotDir,
    ),
    (
        "creating with a slash",
        |g| g.open(ROOT, "new/", CREAT, WRITE).map(drop),
        Errno::IsDir,
    ),
    (
        "unlinking with a slash",
        |g| g.unlink(ROOT, "file/"),
        Errno::NotDir,
    ),
    (
        "unlinking a directory",
        |g| g.unlink(ROOT, "dir"),
        Errno::IsDir,
    ),
    (
        "removing a file as a directory",
        |g| g.rmdir(ROOT, "file"),
        Errno::NotDir,
    ),
    (
        "removing a full directory",
        |g| g.rmdir(ROOT, "dir"),
        Errno::NotEmpty,
    ),
    (
        "removing a link as a directory",
        |g| g.rmdir(ROOT, "inner"),
        Errno::NotDir,
    ),
    (
        "making what is there",
        |g| g.mkdir(ROOT, "dir"),
        Errno::Exist,
    ),
    (
        "making a dangling link's target",
        |g| g.mkdir(ROOT, "dangling"),
        Errno::Exist,
    ),
    (
        "moving a directory into itself",
        |g| g.rename(ROOT, "dir", ROOT, "dir/sub/new"),
        Errno::Inval,
    ),
    (
        "moving a file onto a directory",
        |g| g.rename(ROOT, "file", ROOT, "dir"),
        Errno::IsDir,
    ),
    (
        "moving a directory onto a file",
        |g| g.rename(ROOT, "dir", ROOT, "file"),
        Errno::NotDir,
    ),
    (
        "moving a file to a directory's path",
        |g| g.rename(ROOT, "file", ROOT, "new/"),
        Errno::NotDir,
    ),
    // Rights.
    (
        "writing in a sealed directory",
        |g| g.open(SEALED, "file", 0, WRITE).map(drop),
        Errno::NotCapable,
    ),
    (
        "creating in a sealed directory",
        |g| g.open(SEALED, "new", CREAT, READ).map(drop),
        Errno::NotCapable,
    ),
    (
        "emptying in a sealed directory",
        |g| g.open(SEALED, "file", TRUNC, READ).map(drop),
        Errno::NotCapable,
    ),
    (
        "moving out of a sealed directory",
        |g| g.rename(SEALED, "file", ROOT, "new"),
        Errno::NotCapable,
    ),
    (
        "moving into a sealed directory",
        |g| g.rename(ROOT, "file", SEALED, "new"),
        Errno::NotCapable,
    ),
    (
        "linking out of a sealed directory",
        |g| g.link(SEALED, "file", ROOT, "new"),
        Errno::NotCapable,
    ),
    (
        "linking into a sealed directory",
        |g| g.link(ROOT, "file", SEALED, "new"),
        Errno::NotCapable,
    ),
    (
        "unlinking in a sealed directory",
        |g| g.unlink(SEALED, "file"),
        Errno::NotCapable,
    ),
    (
        "times in a sealed directory",
        |g| g.set_mtim(SEALED, "file", false, 1),
        Errno::NotCapable,
    ),
    (
        "a sealed directory below",
        |g| {
            let dir = g
                .open(SEALED, "dir", DIRECTORY, Rights::ALL - Rights::FILE_WRITING)
                .unwrap();
            g.mkdir(dir, "new")
        },
        Errno::NotCapable,
    ),
    (
        "widening rights",
        |g| {
            let fd = g.open(ROOT, "file", 0, READ).unwrap();
            g.call(
                Function::fd_fdstat_set_rights,
                &[fd, (READ | WRITE).bits(), 0],
            )
        },
        Errno::NotCapable,
    ),
    (
        "rights that do not exist",
        |g| g.call(Function::fd_fdstat_set_rights, &[ROOT, u64::MAX, 0]),
        Errno::NotCapable,
    ),
    (
        "reading without the right",
        |g| {
            let fd = g.open(ROOT, "file", 0, WRITE).unwrap();
            g.read(fd, 1).map(drop)
        },
        Errno::NotCapable,
    ),
    (
        "seeking without the right",
        |g| {
            let fd = g.open(ROOT, "file", 0, READ).unwrap();
            g.seek(fd, 1, 0).map(drop)
        },
        Errno::NotCapable,
    ),
    (
        "resizing without the right",
        |g| {
            let fd = g.open(ROOT, "file", 0, WRITE).unwrap();
            g.call(Function::fd_filestat_set_size, &[fd, 0])
        },
        Errno::NotCapable,
    ),
    // Descriptors.
    (
        "one that never was",
        |g| g.read(99, 1).map(drop),
        Errno::Badf,
    ),
    (
        "the greatest number",
        |g| g.read(u32::MAX.into(), 1).map(drop),
        Errno::Badf,
    ),
    (
        "closing twice",
        |g| {
            let fd = file(g);
            g.close(fd).unwrap();
            g.close(fd)
        },
        Errno::Badf,
    ),
    (
        "a directory that was closed",
        |g| {
            let fd = g.open(ROOT, "dir", DIRECTORY, Rights::DIRECTORY).unwrap();
            g.close(fd).unwrap();
            g.mkdir(fd, "new")
        },
        Errno::Badf,
    ),
    (
        "moving from nowhere onto a preopen",
        |g| g.call(Function::fd_renumber, &[99, ROOT]),
        Errno::Badf,
    ),
    (
        "moving a preopen to nowhere",
        |g| g.call(Function::fd_renumber, &[ROOT, 99]),
        Errno::Badf,
    ),
    (
        "reading a directory",
        |g| g.read(ROOT, 1).map(drop),
        Errno::IsDir,
    ),
    (
        "writing a directory",
        |g| g.write(ROOT, b"x").map(drop),
        Errno::IsDir,
    ),
    (
        "opening a directory for writing",
        |g| g.open(ROOT, "dir", 0, READ | WRITE).map(drop),
        Errno::IsDir,
    ),
    (
        "listing a file",
        |g| {
            let fd = file(g);
            g.readdir(fd, 100, 0).map(drop)
        },
        Errno::NotDir,
    ),
    (
        "a file as a directory",
        |g| {
            let fd = file(g);
            g.mkdir(fd, "new")
        },
        Errno::NotDir,
    ),
    (
        "the preopen's name of a file",
        |g| {
            let fd = file(g);
            g.call(Function::fd_prestat_get, &[fd, OUT])
        },
        Errno::Badf,
    ),
    (
        "less room than the preopen's name",
        |g| g.call(Function::fd_prestat_dir_name, &[ROOT, OUT, 0]),
        Errno::NameTooLong,
    ),
    (
        "a file as a socket",
        |g| {
            let fd = file(g);
            g.call(Function::sock_shutdown, &[fd, 3])
        },
        Errno::NotSock,
    ),
    (
        "accepting from a directory",
        |g| g.call(Function::sock_accept, &[ROOT, 0, OUT]),
        Errno::NotSock,
    ),
    // Pointers and lengths.
    (
        "a path behind the memory",
        |g| g.call(Function::path_create_directory, &[ROOT, END - 1, 2]),
        Errno::Fault,
    ),
    (
        "a path that wraps around",
        |g| g.call(Function::path_create_directory, &[ROOT, FAR, 16]),
        Errno::Fault,
    ),
    (
        "a result behind the memory",
        |g| {
            g.memory[1000..1004].copy_from_slice(b"newf");
            g.call(
                Function::path_open,
                &[ROOT, 0, 1000, 4, CREAT, WRITE.bits(), 0, 0, END - 3],
            )
        },
        Errno::Fault,
    ),
    (
        "a record behind the memory",
        |g| g.call(Function::fd_filestat_get, &[ROOT, END - 63]),
        Errno::Fault,
    ),
    (
        "a list behind the memory",
        |g| {
            let fd = file(g);
            g.call(Function::fd_write, &[fd, END - 4, 1, OUT])
        },
        Errno::Fault,
    ),
    (
        "a list that wraps around",
        |g| {
            let fd = file(g);
            g.call(Function::fd_write, &[fd, FAR, 2, OUT])
        },
        Errno::Fault,
    ),
    (
        "as many buffers as there are numbers",
        |g| {
            let fd = file(g);
            g.call(Function::fd_write, &[fd, 0, u32::MAX.into(), OUT])
        },
        Errno::Fault,
    ),
    (
        "more buffers than systems take",
        |g| {
            let fd = file(g);
            g.memory[..8200].fill(0);
            g.call(Function::fd_write, &[fd, 0, 1025, OUT])
        },
        Errno::Inval,
    ),
    (
        "a buffer behind the memory",
        |g| {
            let fd = file(g);
            iovec(g, 0, END - 1, 2);
            g.call(Function::fd_write, &[fd, 100, 1, OUT])
        },
        Errno::Fault,
    ),
    (
        "a good buffer, then a bad one",
        |g| {
            let fd = file(g);
            iovec(g, 0, 0, 10);
            iovec(g, 1, END, 1);
            g.call(Function::fd_write, &[fd, 100, 2, OUT])
        },
        Errno::Fault,
    ),
    (
        "reading to a good buffer, then a bad one",
        |g| {
            let fd = file(g);
            iovec(g, 0, 5000, 10);
            iovec(g, 1, FAR, 16);
            g.call(Function::fd_read, &[fd, 100, 2, OUT])
        },
        Errno::Fault,
    ),
    (
        "a count that cannot be told",
        |g| {
            let fd = file(g);
            iovec(g, 0, 0, 4);
            g.call(Function::fd_write, &[fd, 100, 1, END - 2])
        },
        Errno::Fault,
    ),
    (
        "buffers of 4 GiB together",
        |g| {
            let fd = file(g);
            for index in 0..40 {
                iovec(g, index, 0, END);
            }
            for index in 40..1000 {
                iovec(g, index, 0, u64::from(u32::MAX));
            }
            g.call(Function::fd_write, &[fd, 100, 1000, OUT])
        },
        Errno::Fault,
    ),
    (
        "random bytes behind the memory",
        |g| g.call(Function::random_get, &[END - 8, 9]),
        Errno::Fault,
    ),
    (
        "random bytes all around",
        |g| g.call(Function::random_get, &[1, u32::MAX.into()]),
        Errno::Fault,
    ),
    (
        "arguments behind the memory",
        |g| g.call(Function::args_get, &[OUT, END]),
        Errno::Fault,
    ),
    (
        "the time behind the memory",
        |g| g.call(Function::clock_time_get, &[0, 0, END - 7]),
        Errno::Fault,
    ),
    (
        "a listing behind the memory",
        |g| g.call(Function::fd_readdir, &[ROOT, END - 10, 11, 0, OUT]),
        Errno::Fault,
    ),
    (
        "a listing's length behind the memory",
        |g| g.call(Function::fd_readdir, &[ROOT, 0, 100, 0, END]),
        Errno::Fault,
    ),
    (
        "a link's text behind the memory",
        |g| {
            g.memory[1000..1005].copy_from_slice(b"inner");
            g.call(Function::path_readlink, &[ROOT, 1000, 5, END - 1, 2, OUT])
        },
        Errno::Fault,
    ),
    (
        "subscriptions behind the memory",
        |g| g.call(Function::poll_oneoff, &[END - 47, 0, 1, OUT]),
        Errno::Fault,
    ),
    (
        "events behind the memory",
        |g| g.call(Function::poll_oneoff, &[0, END - 31, 1, OUT]),
        Errno::Fault,
    ),
    (
        "as many subscriptions as there are numbers",
        |g| g.call(Function::poll_oneoff, &[0, 0, u32::MAX.into(), OUT]),
        Errno::Fault,
    ),
    (
        "no subscription",
        |g| g.call(Function::poll_oneoff, &[0, 0, 0, OUT]),
        Errno::Inval,
    ),
    (
        "a subscription of no kind",
        |g| {
            g.memory[..48].fill(9);
            g.call(Function::poll_oneoff, &[0, 100, 1, OUT])
        },
        Errno::Inval,
    ),
    // Numbers.
    (
        "a whence that is none",
        |g| {
            let fd = file(g);
            g.seek(fd, 0, 3).map(drop)
        },
        Errno::Inval,
    ),
    (
        "a place before the file",
        |g| {
            let fd = file(g);
            g.seek(fd, -1, 0).map(drop)
        },
        Errno::Inval,
    ),
    (
        "a place beyond all files",
        |g| {
            let fd = file(g);
            g.seek(fd, i64::MIN, 2).map(drop)
        },
        Errno::Inval,
    ),
    (
        "reading beyond all offsets",
        |g| {
            let fd = file(g);
            g.pread(fd, 1, u64::MAX).map(drop)
        },
        Errno::Inval,
    ),
    (
        "writing beyond all offsets",
        |g| {
            let fd = file(g);
            g.pwrite(fd, b"x", 1 << 63).map(drop)
        },
        Errno::Inval,
    ),
    (
        "an advice that is none",
        |g| {
            let fd = file(g);
            g.call(Function::fd_advise, &[fd, 0, 0, 6])
        },
        Errno::Inval,
    ),
    (
        "an advice on too much",
        |g| {
            let fd = file(g);
            g.call(Function::fd_advise, &[fd, u64::MAX, 2, 0])
        },
        Errno::Inval,
    ),
    (
        "a clock that is none",
        |g| g.call(Function::clock_time_get, &[4, 0, OUT]),
        Errno::Inval,
    ),
    (
        "flags that do not exist, opening",
        |g| g.open(ROOT, "file", 16, READ).map(drop),
        Errno::Inval,
    ),
    (
        "state that does not exist, opening",
        |g| {
            g.open_with(ROOT, false, "file", 0, READ, NONE, 32)
                .map(drop)
        },
        Errno::Inval,
    ),
    (
        "flags beyond 16 bits, opening",
        |g| g.open(ROOT, "file", 1 << 16, READ).map(drop),
        Errno::Inval,
    ),
    (
        "a directory to be emptied",
        |g| g.open(ROOT, "dir", DIRECTORY | TRUNC, NONE).map(drop),
        Errno::Inval,
    ),
    (
        "lookup flags that do not exist",
        |g| g.call(Function::path_filestat_get, &[ROOT, 2, 0, 1, OUT]),
        Errno::Inval,
    ),
    (
        "time now and then",
        |g| g.call(Function::fd_filestat_set_times, &[ROOT, 0, 0, 3]),
        Errno::Inval,
    ),
    (
        "times that do not exist",
        |g| g.call(Function::fd_filestat_set_times, &[ROOT, 0, 0, 16]),
        Errno::Inval,
    ),
    (
        "state that does not exist",
        |g| g.call(Function::fd_fdstat_set_flags, &[ROOT, 64]),
        Errno::Inval,
    ),
    (
        "shutting down no direction",
        |g| g.call(Function::sock_shutdown, &[ROOT, 4]),
        Errno::Inval,
    ),
    (
        "a cookie from nowhere",
        |g| g.readdir(ROOT, 100, u64::MAX).map(drop),
        Errno::Inval,
    ),
    (
        "a signal that is none",
        |g| g.call(Function::proc_raise, &[31]),
        Errno::Inval,
    ),
];
