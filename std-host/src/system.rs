//! Clocks, randomness and waiting.

use std::{os::fd::BorrowedFd, thread};

use rustix::{
    event::{PollFd, PollFlags, Timespec},
    time::ClockId,
};
use wasmote_wasi::{
    Errno,
    host::{Clocks, Entropy, Interest, Readiness, Source, Wait},
    types::Clockid,
};

use crate::{StdHost, StdSocket, StdStream, convert::os};

fn clock(clock: Clockid) -> ClockId {
    match clock {
        Clockid::Realtime => ClockId::Realtime,
        Clockid::Monotonic => ClockId::Monotonic,
        Clockid::ProcessCputime => ClockId::ProcessCPUTime,
        Clockid::ThreadCputime => ClockId::ThreadCPUTime,
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    crate::convert::nanoseconds(time.tv_sec, u64::try_from(time.tv_nsec).unwrap_or(0))
}

impl Clocks for StdHost {
    fn clock_now(&mut self, id: Clockid) -> Result<u64, Errno> {
        Ok(nanoseconds(rustix::time::clock_gettime(clock(id))))
    }

    fn clock_resolution(&mut self, id: Clockid) -> Result<u64, Errno> {
        Ok(nanoseconds(rustix::time::clock_getres(clock(id))).max(1))
    }
}

impl Entropy for StdHost {
    #[cfg(target_os = "linux")]
    fn random_fill(&mut self, mut buf: &mut [u8]) -> Result<(), Errno> {
        use rustix::{io::Errno as Os, rand::GetRandomFlags};

        while !buf.is_empty() {
            match rustix::rand::getrandom(&mut *buf, GetRandomFlags::empty()) {
                Ok(0) => return Err(Errno::Io),
                Ok(len) => buf = &mut buf[len..],
                Err(Os::INTR) => {}
                Err(error) => return Err(os(error)),
            }
        }
        Ok(())
    }
}

fn source<'a>(source: &Source<'a, StdStream, StdSocket>) -> Option<BorrowedFd<'a>> {
    match source {
        Source::Stream(stream) => stream.fd(),
        Source::Socket(socket) => Some(socket.fd()),
    }
}

/// The answer for a descriptor that the system reported something of.
fn answer(fd: BorrowedFd<'_>, write: bool, flags: PollFlags) -> Option<Result<Readiness, Errno>> {
    let hangup = flags.contains(PollFlags::HUP);
    if flags.contains(PollFlags::NVAL) {
        return Some(Err(Errno::Badf));
    }
    if flags.is_empty() {
        return None;
    }
    // After an error the next read or write tells which.
    let nbytes = if write {
        1
    } else {
        rustix::io::ioctl_fionread(fd).unwrap_or(1)
    };
    Some(Ok(Readiness { nbytes, hangup }))
}

impl Wait for StdHost {
    fn wait(
        &mut self,
        interests: &mut [Interest<'_, StdStream, StdSocket>],
        timeout: Option<u64>,
    ) -> Result<(), Errno> {
        // Memory is always ready; then the others are only looked at.
        let mut timeout = timeout;
        let mut fds = Vec::with_capacity(interests.len());
        for interest in interests.iter_mut() {
            match source(&interest.source) {
                Some(fd) => {
                    let flags = if interest.write {
                        PollFlags::OUT
                    } else {
                        PollFlags::IN
                    };
                    fds.push(PollFd::from_borrowed_fd(fd, flags));
                }
                None => {
                    interest.ready = Some(Ok(Readiness {
                        nbytes: 1,
                        hangup: false,
                    }));
                    timeout = Some(0);
                }
            }
        }
        let timeout = timeout.map(|time| Timespec {
            // Both fit: 2^64 nanoseconds are 585 years.
            tv_sec: (time / 1_000_000_000) as _,
            tv_nsec: (time % 1_000_000_000) as _,
        });
        rustix::event::poll(&mut fds, timeout.as_ref()).map_err(os)?;
        let mut polled = fds.iter();
        for interest in interests {
            if let Some(fd) = source(&interest.source) {
                let flags = polled.next().map_or(PollFlags::empty(), PollFd::revents);
                interest.ready = answer(fd, interest.write, flags);
            }
        }
        Ok(())
    }

    fn yield_now(&mut self) {
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use std::{io, os::fd::OwnedFd, time::Instant};

    use super::*;

    #[test]
    fn clocks_and_randomness() {
        let mut host = StdHost::new();
        let clocks = [
            Clockid::Realtime,
            Clockid::Monotonic,
            Clockid::ProcessCputime,
            Clockid::ThreadCputime,
        ];
        for clock in clocks {
            let before = host.clock_now(clock).unwrap();
            assert!(host.clock_now(clock).unwrap() >= before);
            assert!(host.clock_resolution(clock).unwrap() > 0);
        }
        let mut bytes = vec![0; 1000];
        host.random_fill(&mut bytes).unwrap();
        assert!(bytes[900..].iter().any(|&byte| byte != 0));
    }

    fn interest(stream: &StdStream, write: bool) -> Interest<'_, StdStream, StdSocket> {
        Interest {
            source: Source::Stream(stream),
            write,
            ready: None,
        }
    }

    #[test]
    fn waiting() {
        let mut host = StdHost::new();
        let start = Instant::now();
        host.wait(&mut [], Some(20_000_000)).unwrap();
        assert!(start.elapsed().as_millis() >= 20);

        let (reader, writer) = io::pipe().unwrap();
        let reader = StdStream::from(OwnedFd::from(reader));
        let writer = StdStream::from(OwnedFd::from(writer));
        let mut interests = [interest(&reader, false)];
        host.wait(&mut interests, Some(1_000_000)).unwrap();
        assert_eq!(interests[0].ready, None);
        let mut interests = [interest(&reader, false), interest(&writer, true)];
        host.wait(&mut interests, None).unwrap();
        assert_eq!(interests[0].ready, None);
        assert!(interests[1].ready.is_some());
        rustix::io::write(writer.fd().unwrap(), b"abc").unwrap();
        drop(writer);
        let mut interests = [interest(&reader, false)];
        host.wait(&mut interests, None).unwrap();
        assert_eq!(
            interests[0].ready,
            Some(Ok(Readiness {
                nbytes: 3,
                hangup: true
            }))
        );
    }
}
