//! What is no file: clocks, arguments, randomness, and the layouts of preview 0.

use wasmote_wasi::{Abi, Errno, Function, Outcome, Rights};

use super::{READ, ROOT, guest};
use crate::Fixture;

/// Preview 0: no wide link count in `filestat`, another order of `whence`, another clock subscription.
pub fn the_old_layouts_are_served<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    guest.create(ROOT, "file", b"0123456789");
    let fd = guest.open(ROOT, "file", 0, Rights::FILE).unwrap();
    let mut old = |function, args: &[u64]| {
        guest.memory[1000..1200].fill(0xaa);
        match guest
            .ctx
            .call(&mut guest.memory, Abi::Unstable, function, args)
        {
            Outcome::Errno(errno) => (errno, guest.memory[1000..1200].to_vec()),
            Outcome::Exit(code) => panic!("exit {code}"),
        }
    };
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let (errno, stat) = old(Function::fd_filestat_get, &[fd, 1000]);
    assert_eq!(errno, Errno::Success);
    assert_eq!((stat[16], &stat[20..24]), (4, &[1, 0, 0, 0][..]));
    assert_eq!(number(&stat[24..32]), 10);
    assert_eq!(stat[56], 0xaa, "the record has 56 bytes");
    let (cur, end, set) = (0, 1, 2);
    for (offset, whence, expected) in [(4, set, 4), (1, cur, 5), (-3_i64 as u64, end, 7)] {
        let (errno, position) = old(Function::fd_seek, &[fd, offset, whence, 1000]);
        assert_eq!((errno, number(&position[..8])), (Errno::Success, expected));
    }
    assert_eq!(old(Function::fd_seek, &[fd, 0, 3, 1000]).0, Errno::Inval);
    assert_eq!(old(Function::sock_accept, &[fd, 0, 1000]).0, Errno::NotSock);
    let poll = &mut guest.memory[..56];
    poll.fill(0);
    poll[0] = 9;
    // The identifier comes before the clock, and is not looked at.
    poll[16] = 77;
    poll[24] = 1;
    poll[32] = 1;
    let memory = &mut guest.memory;
    let outcome = guest.ctx.call(
        memory,
        Abi::Unstable,
        Function::poll_oneoff,
        &[0, 500, 1, 600],
    );
    assert_eq!(outcome, Outcome::Errno(Errno::Success));
    assert_eq!(
        (guest.u32(600), guest.memory[500], guest.memory[508]),
        (1, 9, 0)
    );
}

pub fn clocks_arguments_and_randomness<F: Fixture>(fixture: F) {
    let mut guest = guest(fixture);
    for clock in 0..4 {
        let args = [clock, 0, 1000];
        assert_eq!(guest.call(Function::clock_time_get, &args), Ok(()));
        let before = guest.u64(1000);
        assert_eq!(guest.call(Function::clock_time_get, &args), Ok(()));
        assert!(guest.u64(1000) >= before);
        assert_eq!(guest.call(Function::clock_res_get, &[clock, 1000]), Ok(()));
        assert!(guest.u64(1000) > 0);
    }
    assert_eq!(
        guest.call(Function::clock_time_get, &[4, 0, 1000]),
        Err(Errno::Inval)
    );
    assert_eq!(guest.call(Function::args_sizes_get, &[1000, 1004]), Ok(()));
    assert_eq!((guest.u32(1000), guest.u32(1004)), (2, 9));
    assert_eq!(guest.call(Function::args_get, &[1000, 2000]), Ok(()));
    assert_eq!(&guest.memory[2000..2009], b"prog\0arg\0");
    assert_eq!((guest.u32(1000), guest.u32(1004)), (2000, 2005));
    assert_eq!(guest.call(Function::environ_get, &[1000, 2000]), Ok(()));
    assert_eq!(&guest.memory[2000..2004], b"K=V\0");
    assert_eq!(guest.call(Function::random_get, &[3000, 1000]), Ok(()));
    assert!(guest.memory[3900..4000].iter().any(|&byte| byte != 0));
    // A file is always ready, a millisecond is not over at once.
    guest.create(ROOT, "file", b"12345");
    let fd = guest
        .open(ROOT, "file", 0, READ | Rights::POLL_FD_READWRITE)
        .unwrap();
    guest.memory[..96].fill(0);
    guest.memory[24..32].copy_from_slice(&1_000_000_u64.to_le_bytes());
    guest.memory[48 + 8] = 1;
    guest.memory[48 + 16] = fd as u8;
    let poll = [0, 1000, 2, 2000];
    assert_eq!(guest.call(Function::poll_oneoff, &poll), Ok(()));
    assert_eq!(guest.u32(2000), 1);
    assert_eq!((guest.memory[1010], guest.u64(1016)), (1, 5));
    assert_eq!(
        guest.call(Function::poll_oneoff, &[0, 1000, 1, 2000]),
        Ok(())
    );
    assert_eq!((guest.u32(2000), guest.memory[1010]), (1, 0));
    assert_eq!(
        guest.call(Function::poll_oneoff, &[0, 1000, 0, 2000]),
        Err(Errno::Inval)
    );
    let many = [0, 1000, u64::from(u32::MAX), 2000];
    assert_eq!(guest.call(Function::poll_oneoff, &many), Err(Errno::Fault));
}
