//! The functions over the test host: what happens before and after the host.

extern crate std;

use alloc::{string::ToString, sync::Arc, vec, vec::Vec};
use std::sync::Mutex;

use super::{Function, Outcome};
use crate::{
    Abi, Errno,
    ctx::WasiCtxBuilder,
    determinism::VirtualClock,
    table::{Descriptor, Object},
    testing::{Program, Script, TestHost},
    trace::TraceCall,
    types::{DirRights, Fdflags, Rights},
};
use Function::*;

const OUT: u64 = 60000;

fn open(
    program: &mut Program,
    fd: u64,
    path: &str,
    oflags: u64,
    base: Rights,
    inheriting: Rights,
) -> Errno {
    let at = program.put(1000, path.as_bytes());
    let (base, inheriting) = (base.bits(), inheriting.bits());
    program.call(
        path_open,
        &[
            fd,
            0,
            at,
            path.len() as u64,
            oflags,
            base,
            inheriting,
            0,
            OUT,
        ],
    )
}

fn rights(program: &Program, fd: u32) -> (Rights, Rights) {
    let descriptor = program.ctx.table.get(fd).unwrap();
    (descriptor.base(), descriptor.inheriting())
}

#[test]
fn the_table_is_that_of_the_witx() {
    let mut names: Vec<_> = Function::ALL
        .iter()
        .map(|function| function.name())
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 46);
    let signature = |function: Function| -> alloc::string::String {
        function
            .params()
            .iter()
            .map(|param| if param.kind.is_64() { 'I' } else { 'i' })
            .collect()
    };
    for (function, expected) in [
        (path_open, "iiiiiIIii"),
        (fd_seek, "iIii"),
        (fd_pread, "iiiIi"),
        (path_filestat_set_times, "iiiiIIi"),
        (fd_advise, "iIIi"),
        (path_link, "iiiiiii"),
        (path_symlink, "iiiii"),
        (sock_recv, "iiiiii"),
        (clock_time_get, "iIi"),
        (fd_readdir, "iiiIi"),
        (sched_yield, ""),
        (proc_exit, "i"),
    ] {
        assert_eq!(signature(function), expected, "{function:?}");
    }
    assert_eq!(Function::from_name("fd_write"), Some(fd_write));
    assert!(!sock_accept.is_in(Abi::Unstable) && sock_accept.is_in(Abi::Preview1));
}

#[test]
fn arguments_and_environment() {
    let builder = WasiCtxBuilder::<TestHost>::new()
        .args(["prog", "", "ä"])
        .unwrap();
    let mut program = Program::with(builder.env("A", "b=c").unwrap());
    assert_eq!(program.call(args_sizes_get, &[0, 4]), Errno::Success);
    assert_eq!((program.u32(0), program.u32(4)), (3, 9));
    assert_eq!(program.call(args_get, &[100, 200]), Errno::Success);
    assert_eq!([100, 104, 108].map(|at| program.u32(at)), [200, 205, 206]);
    assert_eq!(&program.memory[200..209], "prog\0\0ä\0".as_bytes());
    assert_eq!(program.call(environ_get, &[300, 400]), Errno::Success);
    assert_eq!(&program.memory[400..406], b"A=b=c\0");
    assert_eq!(program.call(args_get, &[65528, 200]), Errno::Fault);
    assert_eq!(program.call(args_get, &[100, 65530]), Errno::Fault);
    assert_eq!(program.call(args_get, &[100, 65527]), Errno::Success);
    assert!(WasiCtxBuilder::<TestHost>::new().arg("a\0").is_err());
    assert!(WasiCtxBuilder::<TestHost>::new().env("a=", "").is_err());
}

#[test]
fn paths_are_checked_before_the_host_sees_them() {
    let mut program = Program::new();
    for (path, expected) in [
        ("", Errno::NoEnt),
        ("/etc", Errno::Perm),
        ("../x", Errno::Perm),
        ("a\0", Errno::Inval),
        ("a", Errno::Success),
    ] {
        assert_eq!(
            open(&mut program, 3, path, 0, Rights::EMPTY, Rights::EMPTY),
            expected,
            "{path:?}"
        );
    }
    assert_eq!(
        program.call(path_open, &[3, 0, 65530, 100, 0, 0, 0, 0, OUT]),
        Errno::Fault
    );
    assert_eq!(
        program.call(path_open, &[3, 2, 0, 1, 0, 0, 0, 0, OUT]),
        Errno::Inval
    );
    assert_eq!(
        program.call(path_open, &[3, 0, 0, 1, 16, 0, 0, 0, OUT]),
        Errno::Inval
    );
    assert_eq!(
        program.call(path_open, &[3, 0, 0, 1, 1 << 16, 0, 0, 0, OUT]),
        Errno::Inval
    );
    assert_eq!(
        program.call(path_open, &[0, 0, 0, 1, 0, 0, 0, 0, OUT]),
        Errno::NotDir
    );
    assert_eq!(
        program.call(path_open, &[9, 0, 0, 1, 0, 0, 0, 0, OUT]),
        Errno::Badf
    );
    program.put(1000, b"a");
    assert_eq!(
        program.call(path_open, &[3, 0, 1000, 1, 0, 0, 0, 0, 65533]),
        Errno::Fault
    );
    assert_eq!(program.ctx.host.opens.len(), 1);
}

#[test]
fn opening_narrows_rights() {
    let mut program = Program::new();
    assert_eq!(
        open(&mut program, 3, "file", 0, Rights::ALL, Rights::ALL),
        Errno::Success
    );
    assert_eq!(rights(&program, 4), (Rights::FILE, Rights::EMPTY));
    let inheriting = Rights::FD_READ | Rights::FD_SEEK;
    assert_eq!(
        open(
            &mut program,
            3,
            "dir",
            2,
            Rights::PATH_OPEN | Rights::FD_SEEK,
            inheriting
        ),
        Errno::Success
    );
    assert_eq!(rights(&program, 5), (Rights::PATH_OPEN, inheriting));
    // What it does not hand on is left out, except for the two that say what will be done.
    let wanted = Rights::FD_READ | Rights::FD_TELL | Rights::FD_SEEK;
    assert_eq!(
        open(&mut program, 5, "file", 0, wanted, Rights::ALL),
        Errno::Success
    );
    assert_eq!(rights(&program, 6), (inheriting, Rights::EMPTY));
    let writes = Rights::FD_READ | Rights::FD_WRITE;
    assert_eq!(
        open(&mut program, 5, "file", 0, writes, Rights::ALL),
        Errno::NotCapable
    );
    assert_eq!(
        open(&mut program, 5, "file", 1, Rights::EMPTY, Rights::EMPTY),
        Errno::NotCapable
    );
    assert_eq!(
        open(&mut program, 5, "file", 8, Rights::EMPTY, Rights::EMPTY),
        Errno::NotCapable
    );
    assert_eq!(
        open(&mut program, 3, "dir", 3, Rights::EMPTY, Rights::EMPTY),
        Errno::Inval
    );
    let (_, how) = program.ctx.host.opens.last().unwrap();
    assert!(how.read && !how.write && !how.create);
    // Unknown rights are ignored when asked for, and refused when set.
    assert_eq!(
        program.call(fd_fdstat_set_rights, &[6, u64::MAX, 0]),
        Errno::NotCapable
    );
    assert_eq!(
        program.call(fd_fdstat_set_rights, &[6, Rights::FD_SEEK.bits(), 0]),
        Errno::Success
    );
    assert_eq!(
        program.call(fd_fdstat_set_rights, &[6, inheriting.bits(), 0]),
        Errno::NotCapable
    );
    assert_eq!(program.call(fd_read, &[6, 0, 0, OUT]), Errno::NotCapable);
    assert_eq!(program.call(fd_tell, &[6, OUT]), Errno::Success);
}

#[test]
fn moving_between_directories_gives_no_rights() {
    let reads = DirRights {
        base: Rights::ALL,
        inheriting: Rights::FD_READ | Rights::PATH_OPEN,
    };
    let sealed = DirRights {
        base: Rights::ALL - Rights::PATH_UNLINK_FILE,
        ..DirRights::READ_WRITE
    };
    let builder = WasiCtxBuilder::new().preopen((), "/ro", reads).unwrap();
    let mut program = Program::with(builder.preopen((), "/sealed", sealed).unwrap());
    let path = program.put(0, b"file");
    let mut rename = |from, to| program.call(path_rename, &[from, path, 4, to, path, 4]);
    const RO: u64 = 3;
    const SEALED: u64 = 4;
    const RW: u64 = 5;
    assert_eq!(rename(RO, RW), Errno::NotCapable);
    assert_eq!(rename(SEALED, RW), Errno::NotCapable);
    assert_eq!(rename(RW, RO), Errno::Success);
    assert_eq!(rename(RW, SEALED), Errno::Success);
    assert_eq!(rename(RO, RO), Errno::Success);
    assert_eq!(program.ctx.host.renames, 3);
    assert_eq!(
        program.call(path_link, &[RO, 0, path, 4, RW, path, 4]),
        Errno::NotCapable
    );
    assert_eq!(
        program.call(path_link, &[RW, 1, path, 4, RW, path, 4]),
        Errno::Inval
    );
    assert_eq!(
        program.call(path_link, &[RW, 0, path, 4, RW, path, 4]),
        Errno::NotSup
    );
}

fn script(room: Vec<usize>) -> Script {
    Script {
        input: b"hello".to_vec(),
        output: Vec::new(),
        room,
    }
}

fn iovecs(program: &mut Program, list: &[(u32, u32)]) {
    for (index, (ptr, len)) in list.iter().enumerate() {
        program.put(index * 8, &ptr.to_le_bytes());
        program.put(index * 8 + 4, &len.to_le_bytes());
    }
}

#[test]
fn writes_report_what_was_taken() {
    let mut program = Program::with(WasiCtxBuilder::new().stdout(script(vec![100, 3])));
    iovecs(&mut program, &[(1000, 2), (1002, 2)]);
    program.put(1000, b"abcd");
    assert_eq!(program.call(fd_write, &[1, 0, 2, OUT]), Errno::Success);
    assert_eq!(program.u32(OUT as usize), 4);
    assert_eq!(program.call(fd_write, &[1, 0, 2, OUT]), Errno::Success);
    assert_eq!(program.u32(OUT as usize), 3);
    assert_eq!(program.call(fd_write, &[1, 0, 2, OUT]), Errno::Pipe);
    // A bad result pointer or buffer fails before anything is written.
    assert_eq!(program.call(fd_write, &[1, 0, 2, 65533]), Errno::Fault);
    iovecs(&mut program, &[(1000, 2), (65535, 2)]);
    assert_eq!(program.call(fd_write, &[1, 0, 2, OUT]), Errno::Fault);
    let Object::Stream(stream) = &program.ctx.table.get(1).unwrap().object else {
        panic!()
    };
    assert_eq!(stream.output, b"abcdabc");
    // Left-out streams: the end of input, and outputs that swallow.
    iovecs(&mut program, &[(1000, 4)]);
    assert_eq!(program.call(fd_write, &[2, 0, 1, OUT]), Errno::Success);
    assert_eq!(program.u32(OUT as usize), 4);
    assert_eq!(program.call(fd_read, &[0, 0, 1, OUT]), Errno::Success);
    assert_eq!(program.u32(OUT as usize), 0);
    assert_eq!(program.call(fd_read, &[1, 0, 1, OUT]), Errno::NotCapable);
    assert_eq!(program.call(fd_seek, &[1, 0, 0, OUT]), Errno::Spipe);
    assert_eq!(program.call(fd_read, &[3, 0, 1, OUT]), Errno::IsDir);
}

#[test]
fn reading_a_stream() {
    let mut program = Program::with(WasiCtxBuilder::new().stdin(script(vec![])));
    iovecs(&mut program, &[(0, 0), (1000, 3), (1003, 3)]);
    for expected in [3, 2, 0] {
        assert_eq!(program.call(fd_read, &[0, 0, 3, OUT]), Errno::Success);
        assert_eq!(program.u32(OUT as usize), expected);
    }
}

#[test]
fn positions() {
    let mut program = Program::new();
    assert_eq!(
        open(&mut program, 3, "file", 0, Rights::ALL, Rights::EMPTY),
        Errno::Success
    );
    let at = OUT as usize;
    for (offset, whence, expected) in [
        (10, 0, Ok(10)),
        (-3, 1, Ok(7)),
        (-8, 1, Err(Errno::Inval)),
        (0, 1, Ok(7)),
        (5, 2, Ok(105)),
        (i64::MAX, 1, Err(Errno::Inval)),
        (i64::MIN, 2, Err(Errno::Inval)),
        (0, 3, Err(Errno::Inval)),
        (i64::MAX, 0, Ok(i64::MAX as u64)),
    ] {
        let errno = program.call(fd_seek, &[4, offset as u64, whence, OUT]);
        let result = if errno == Errno::Success {
            Ok(program.u64(at))
        } else {
            Err(errno)
        };
        assert_eq!(result, expected, "{offset} {whence}");
    }
    program.abi = Abi::Unstable;
    assert_eq!(program.call(fd_seek, &[4, 9, 2, OUT]), Errno::Success);
    assert_eq!(program.u64(at), 9);
    assert_eq!(
        program.call(fd_pread, &[4, 0, 0, u64::MAX, OUT]),
        Errno::Inval
    );
    assert_eq!(program.call(fd_allocate, &[4, u64::MAX, 2]), Errno::Fbig);
    assert_eq!(program.call(fd_allocate, &[4, 0, 0]), Errno::Inval);
    assert_eq!(program.call(fd_advise, &[4, u64::MAX, 2, 0]), Errno::Inval);
    assert_eq!(program.call(fd_advise, &[4, 0, 2, 6]), Errno::Inval);
    assert_eq!(
        program.call(fd_filestat_set_size, &[4, u64::MAX]),
        Errno::Inval
    );
    assert_eq!(
        program.call(fd_filestat_set_times, &[4, 0, 0, 3]),
        Errno::Inval
    );
}

#[test]
fn preopens_flags_and_closing() {
    let mut program = Program::with(WasiCtxBuilder::new().max_descriptors(5));
    assert_eq!(program.call(fd_prestat_get, &[3, 0]), Errno::Success);
    assert_eq!((program.u32(0), program.u32(4)), (0, 1));
    assert_eq!(
        program.call(fd_prestat_dir_name, &[3, 0, 0]),
        Errno::NameTooLong
    );
    assert_eq!(
        program.call(fd_prestat_dir_name, &[3, 8, 100]),
        Errno::Success
    );
    assert_eq!(program.memory[8..10], *b"/\0");
    assert_eq!(program.call(fd_prestat_get, &[1, 0]), Errno::Badf);
    assert_eq!(
        program.call(
            fd_fdstat_set_flags,
            &[1, u64::from(Fdflags::NONBLOCK.bits())]
        ),
        Errno::Success
    );
    assert_eq!(
        program.call(fd_fdstat_set_flags, &[1, u64::from(Fdflags::SYNC.bits())]),
        Errno::Inval
    );
    assert_eq!(program.call(fd_fdstat_get, &[1, 0]), Errno::Success);
    assert_eq!(program.memory[2], 4);
    assert_eq!(
        open(&mut program, 3, "file", 0, Rights::EMPTY, Rights::EMPTY),
        Errno::Success
    );
    assert_eq!(
        open(&mut program, 3, "file", 0, Rights::EMPTY, Rights::EMPTY),
        Errno::Mfile
    );
    assert_eq!(program.call(fd_renumber, &[4, 3]), Errno::Success);
    assert_eq!(program.call(fd_prestat_get, &[3, 0]), Errno::Badf);
    assert_eq!(program.call(fd_close, &[4]), Errno::Badf);
    assert_eq!(program.call(fd_close, &[3]), Errno::Success);
    assert_eq!(program.call(fd_close, &[u64::from(u32::MAX)]), Errno::Badf);
    assert_eq!(program.call(sock_shutdown, &[1, 3]), Errno::NotSock);
    assert_eq!(program.call(fd_close, &[]), Errno::Inval);
}

fn clock_subscription(program: &mut Program, at: usize, clock: u32, timeout: u64, absolute: bool) {
    program.memory[at..at + 48].fill(0);
    program.put(at, &7_u64.to_le_bytes());
    program.put(at + 16, &clock.to_le_bytes());
    program.put(at + 24, &timeout.to_le_bytes());
    program.put(at + 40, &[u8::from(absolute)]);
}

fn fd_subscription(program: &mut Program, at: usize, tag: u8, fd: u32) {
    program.memory[at..at + 48].fill(0);
    program.put(at, &9_u64.to_le_bytes());
    program.put(at + 8, &[tag]);
    program.put(at + 16, &fd.to_le_bytes());
}

#[test]
fn polling_clocks() {
    let mut program = Program::new();
    clock_subscription(&mut program, 0, 1, 500, false);
    clock_subscription(&mut program, 48, 0, 1_000_300, true);
    program.ctx.host.early = Some(200);
    assert_eq!(
        program.call(poll_oneoff, &[0, 1000, 2, OUT]),
        Errno::Success
    );
    assert_eq!((program.u32(OUT as usize), program.u64(1000)), (1, 7));
    assert_eq!(program.ctx.host.waits, [Some(300), Some(100)]);
    // Bad counts and pointers; nothing is allocated for them.
    assert_eq!(program.call(poll_oneoff, &[0, 1000, 0, OUT]), Errno::Inval);
    assert_eq!(
        program.call(poll_oneoff, &[0, 1000, 1 << 31, OUT]),
        Errno::Fault
    );
    assert_eq!(
        program.call(poll_oneoff, &[0, 65536 - 31, 1, OUT]),
        Errno::Fault
    );
    clock_subscription(&mut program, 0, 9, 500, false);
    assert_eq!(
        program.call(poll_oneoff, &[0, 1000, 1, OUT]),
        Errno::Success
    );
    assert_eq!(program.memory[1008], Errno::Inval.raw() as u8);
    program.memory[8] = 3;
    assert_eq!(program.call(poll_oneoff, &[0, 1000, 1, OUT]), Errno::Inval);
}

#[test]
fn polling_descriptors() {
    let mut program = Program::with(WasiCtxBuilder::new().stdin(script(vec![])));
    assert_eq!(
        open(&mut program, 3, "file", 0, Rights::ALL, Rights::EMPTY),
        Errno::Success
    );
    fd_subscription(&mut program, 0, 1, 0);
    fd_subscription(&mut program, 48, 1, 4);
    fd_subscription(&mut program, 96, 2, 77);
    fd_subscription(&mut program, 144, 1, 0);
    // Input and output in one place.
    assert_eq!(program.call(poll_oneoff, &[0, 0, 4, OUT]), Errno::Success);
    assert_eq!(program.u32(OUT as usize), 2);
    assert_eq!(
        (program.memory[8], program.memory[10], program.u64(16)),
        (0, 1, 100)
    );
    assert_eq!((program.memory[40], program.memory[42]), (8, 2));
    assert_eq!(program.ctx.host.waits, [Some(0)]);
    program.ctx.host.ready = true;
    fd_subscription(&mut program, 0, 1, 0);
    clock_subscription(&mut program, 48, 1, 500, false);
    assert_eq!(
        program.call(poll_oneoff, &[0, 1000, 2, OUT]),
        Errno::Success
    );
    assert_eq!(
        (
            program.u32(OUT as usize),
            program.u64(1000),
            program.u64(1016)
        ),
        (1, 9, 5)
    );
    assert_eq!(program.ctx.host.waits, [Some(0), Some(500)]);
}

#[test]
fn virtual_time_and_randomness() {
    let clock = VirtualClock::new(5_000_000);
    let mut program = Program::with(WasiCtxBuilder::new().virtual_clock(clock).seeded_random(1));
    assert_eq!(program.call(clock_time_get, &[0, 0, 0]), Errno::Success);
    assert_eq!(program.u64(0), 5_000_000);
    clock_subscription(&mut program, 0, 1, 3_600_000_000_000, false);
    assert_eq!(
        program.call(poll_oneoff, &[0, 1000, 1, OUT]),
        Errno::Success
    );
    assert!(program.ctx.host.waits.is_empty());
    assert_eq!(program.call(clock_time_get, &[1, 0, 0]), Errno::Success);
    assert!(program.u64(0) >= 3_600_000_000_000);
    assert_eq!(program.call(random_get, &[0, 8]), Errno::Success);
    let first = program.u64(0);
    let mut again = Program::with(WasiCtxBuilder::new().seeded_random(1));
    assert_eq!(again.call(random_get, &[8, 8]), Errno::Success);
    assert_eq!(again.u64(8), first);
    assert_eq!(again.call(random_get, &[65530, 8]), Errno::Fault);
    assert_eq!(Program::new().call(random_get, &[0, 8]), Errno::NotSup);
    assert_eq!(
        Program::new().call(clock_time_get, &[2, 0, 0]),
        Errno::Inval
    );
}

#[test]
fn every_call_is_traced() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = lines.clone();
    let trace = move |call: &TraceCall<'_>| sink.lock().unwrap().push(call.to_string());
    let mut program = Program::with(WasiCtxBuilder::new().trace(trace));
    program.call(fd_close, &[1]);
    let exit = program
        .ctx
        .call(&mut program.memory, Abi::Preview1, proc_exit, &[3]);
    assert_eq!(exit, Outcome::Exit(3));
    assert_eq!(
        *lines.lock().unwrap(),
        ["fd_close(fd=1) = success", "proc_exit(rval=3) exits with 3"]
    );
}

#[test]
fn signals_do_what_they_do_unhandled() {
    let mut program = Program::new();
    let mut raise = |signal| {
        let memory = &mut program.memory;
        program
            .ctx
            .call(memory, Abi::Preview1, proc_raise, &[signal])
    };
    let (abrt, chld, stop) = (6, 16, 18);
    assert_eq!(raise(abrt), Outcome::Exit(134));
    assert_eq!(raise(0), Outcome::Errno(Errno::Success));
    assert_eq!(raise(chld), Outcome::Errno(Errno::Success));
    assert_eq!(raise(stop), Outcome::Errno(Errno::NotSup));
    assert_eq!(raise(31), Outcome::Errno(Errno::Inval));
    assert_eq!(raise(u32::MAX.into()), Outcome::Errno(Errno::Inval));
}

#[test]
fn nothing_panics_on_odd_arguments() {
    let values = [
        0,
        1,
        3,
        4,
        1000,
        65535,
        65536,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_ffff,
        i64::MAX as u64,
        u64::MAX,
    ];
    let mut state = crate::determinism::SeededRandom::new(7);
    for round in 0..40 {
        let clock = VirtualClock::new(0);
        let mut program = Program::with(
            WasiCtxBuilder::new()
                .virtual_clock(clock)
                .stdin(script(vec![3; 50])),
        );
        program.ctx.host.ready = true;
        let file = Object::File {
            file: (),
            position: u64::MAX,
        };
        let descriptor = Descriptor::new(file, Rights::ALL, Rights::ALL, Fdflags::ALL);
        assert!(program.ctx.table.insert(descriptor).is_ok());
        state.fill(&mut program.memory);
        if round % 2 == 0 {
            program.memory.iter_mut().for_each(|byte| *byte %= 5);
        }
        for function in Function::ALL {
            for _ in 0..50 {
                let args: Vec<u64> = function
                    .params()
                    .iter()
                    .map(|param| {
                        let value = values[(state.next_u64() % values.len() as u64) as usize];
                        if param.kind.is_64() {
                            value
                        } else {
                            value & 0xffff_ffff
                        }
                    })
                    .collect();
                program
                    .ctx
                    .call(&mut program.memory, Abi::Preview1, function, &args);
                program
                    .ctx
                    .call(&mut program.memory, Abi::Unstable, function, &args);
            }
        }
    }
}
