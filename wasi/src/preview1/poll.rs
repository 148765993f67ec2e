//! `poll_oneoff`.

use alloc::vec::Vec;

use super::Cx;
use crate::{
    ctx::WasiCtx,
    errno::Errno,
    host::{Host, Interest, Readiness, Source},
    layout::{EVENT_SIZE, Event, Subscribed, Subscription, Timeout},
    table::{Object, Table},
    types::{Clockid, Rights},
};

/// Most subscriptions in one call; more are `inval`. A call is one step to fuel and interrupts, so its
/// length must have an end that the guest does not choose.
const MAX_SUBSCRIPTIONS: u32 = 1 << 16;

/// Answers of the host, one per descriptor and direction, sorted: `(descriptor, write)`.
///
/// There are at most two per open descriptor, however many subscriptions there are.
type Answers = Vec<((u32, bool), Option<Result<Readiness, Errno>>)>;

/// What can be said of a descriptor without asking the host to wait.
enum State {
    Ready(Readiness),
    Ask,
}

fn state<H: Host>(host: &mut H, table: &Table<H>, fd: u32, write: bool) -> Result<State, Errno> {
    let descriptor = table.get(fd)?;
    let direction = if write {
        Rights::FD_WRITE
    } else {
        Rights::FD_READ
    };
    descriptor.require(Rights::POLL_FD_READWRITE | direction)?;
    let ready = |nbytes, hangup| Ok(State::Ready(Readiness { nbytes, hangup }));
    match &descriptor.object {
        Object::Stream(_) | Object::Socket(_) => Ok(State::Ask),
        Object::File { file, position } if !write => {
            ready(host.file_stat(file)?.size.saturating_sub(*position), false)
        }
        Object::File { .. } | Object::Dir(_) => ready(1, false),
        Object::Null => ready(u64::from(write), !write),
    }
}

/// The times at which the call began, of the clocks it uses.
struct Start {
    realtime: Option<u64>,
    monotonic: Option<u64>,
}

impl Start {
    /// When the timeout is over on its clock, and how long that is from the beginning.
    fn due<H: Host>(
        &mut self,
        ctx: &mut WasiCtx<H>,
        timeout: Timeout,
    ) -> Result<(u64, u64), Errno> {
        let start = match timeout.clock {
            Clockid::Realtime => &mut self.realtime,
            Clockid::Monotonic => &mut self.monotonic,
            // Waiting does not make the processor work.
            Clockid::ProcessCputime | Clockid::ThreadCputime => return Err(Errno::Inval),
        };
        let start = match *start {
            Some(start) => start,
            None => *start.insert(ctx.now(timeout.clock)?),
        };
        Ok(if timeout.absolute {
            (timeout.time, timeout.time.saturating_sub(start))
        } else {
            (start.saturating_add(timeout.time), timeout.time)
        })
    }
}

/// Asks the host about all descriptors in `answers`.
fn wait<H: Host>(
    ctx: &mut WasiCtx<H>,
    answers: &mut Answers,
    timeout: Option<u64>,
) -> Result<(), Errno> {
    let WasiCtx { host, table, .. } = ctx;
    let mut interests = Vec::new();
    interests
        .try_reserve_exact(answers.len())
        .map_err(|_| Errno::NoMem)?;
    for ((fd, write), _) in answers.iter() {
        let source = match &table.get(*fd)?.object {
            Object::Stream(stream) => Source::Stream(stream),
            Object::Socket(socket) => Source::Socket(socket),
            Object::Dir(_) | Object::File { .. } | Object::Null => return Err(Errno::Badf),
        };
        interests.push(Interest {
            source,
            write: *write,
            ready: None,
        });
    }
    host.wait(&mut interests, timeout)?;
    for ((_, answer), interest) in answers.iter_mut().zip(&interests) {
        *answer = interest.ready;
    }
    Ok(())
}

pub(super) fn poll_oneoff<H: Host>(
    cx: &mut Cx<'_, H>,
    in_: u32,
    out: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> Result<(), Errno> {
    if nsubscriptions == 0 {
        return Err(Errno::Inval);
    }
    let size = cx.abi.subscription_size();
    cx.mem.check_array(in_, nsubscriptions, size)?;
    cx.mem.check_array(out, nsubscriptions, EVENT_SIZE)?;
    cx.mem.range(nevents, 4)?;
    if nsubscriptions > MAX_SUBSCRIPTIONS {
        return Err(Errno::Inval);
    }

    let mut start = Start {
        realtime: None,
        monotonic: None,
    };
    let mut answers = Answers::new();
    // How long to wait: as long as it takes, until the first timeout, or not at all.
    let mut patience: Option<u64> = None;
    for index in 0..nsubscriptions {
        let subscription = Subscription::from_bytes(cx.mem.record(in_, index, size)?, cx.abi)?;
        let (fd, write) = match subscription.what {
            Subscribed::Clock(timeout) => {
                let due = timeout.and_then(|timeout| start.due(cx.ctx, timeout));
                let delay = due.map_or(0, |(_, delay)| delay);
                patience = Some(patience.map_or(delay, |patience| patience.min(delay)));
                continue;
            }
            Subscribed::FdRead(fd) => (fd, false),
            Subscribed::FdWrite(fd) => (fd, true),
        };
        let WasiCtx { host, table, .. } = &mut *cx.ctx;
        match state(host, table, fd, write) {
            Ok(State::Ask) => {
                if let Err(place) = answers.binary_search_by_key(&(fd, write), |(key, _)| *key) {
                    answers.try_reserve(1).map_err(|_| Errno::NoMem)?;
                    answers.insert(place, ((fd, write), None));
                }
            }
            Ok(State::Ready(_)) | Err(_) => patience = Some(0),
        }
    }

    loop {
        match (&mut cx.ctx.clock, patience) {
            (Some(clock), Some(delay)) => {
                // Virtual time passes only if nothing happens at once.
                if answers.is_empty() {
                    clock.advance(delay);
                } else {
                    wait(cx.ctx, &mut answers, Some(0))?;
                    if let (true, Some(clock)) = (
                        answers.iter().all(|(_, ready)| ready.is_none()),
                        &mut cx.ctx.clock,
                    ) {
                        clock.advance(delay);
                    }
                }
            }
            (None, Some(0)) if answers.is_empty() => {}
            (_, patience) => wait(cx.ctx, &mut answers, patience)?,
        }
        let count = report(cx, in_, out, nsubscriptions, &mut start, &answers)?;
        if count > 0 {
            return cx.mem.write_u32(nevents, count);
        }
        // Woken early: wait for the rest of the time.
        if patience.is_some() {
            patience = Some(remaining(cx, in_, nsubscriptions, &mut start)?);
        }
    }
}

/// The time until the first timeout, from now.
fn remaining<H: Host>(
    cx: &mut Cx<'_, H>,
    in_: u32,
    nsubscriptions: u32,
    start: &mut Start,
) -> Result<u64, Errno> {
    let size = cx.abi.subscription_size();
    let mut remaining = u64::MAX;
    for index in 0..nsubscriptions {
        let subscription = Subscription::from_bytes(cx.mem.record(in_, index, size)?, cx.abi)?;
        if let Subscribed::Clock(Ok(timeout)) = subscription.what
            && let Ok((due, _)) = start.due(cx.ctx, timeout)
        {
            let now = cx.ctx.now(timeout.clock)?;
            remaining = remaining.min(due.saturating_sub(now));
        }
    }
    Ok(remaining)
}

/// Writes an event for every subscription that has one now, and counts them.
///
/// Events are shorter than subscriptions and come no earlier, so a guest that uses one array for
/// both gets what it expects.
fn report<H: Host>(
    cx: &mut Cx<'_, H>,
    in_: u32,
    out: u32,
    nsubscriptions: u32,
    start: &mut Start,
    answers: &Answers,
) -> Result<u32, Errno> {
    let size = cx.abi.subscription_size();
    let mut count = 0;
    let mut now: [Option<u64>; 2] = [None; 2];
    for index in 0..nsubscriptions {
        let subscription = Subscription::from_bytes(cx.mem.record(in_, index, size)?, cx.abi)?;
        let outcome = match subscription.what {
            Subscribed::Clock(timeout) => {
                match timeout.and_then(|timeout| Ok((timeout, start.due(cx.ctx, timeout)?))) {
                    Err(error) => Some(Err(error)),
                    Ok((timeout, (due, _))) => {
                        let now = &mut now[usize::from(timeout.clock == Clockid::Realtime)];
                        let now = match *now {
                            Some(now) => now,
                            None => *now.insert(cx.ctx.now(timeout.clock)?),
                        };
                        (now >= due).then_some(Ok(Readiness::default()))
                    }
                }
            }
            Subscribed::FdRead(fd) => answer(cx, answers, fd, false),
            Subscribed::FdWrite(fd) => answer(cx, answers, fd, true),
        };
        let Some(outcome) = outcome else { continue };
        let ready = outcome.unwrap_or_default();
        let event = Event {
            userdata: subscription.userdata,
            error: outcome.err().unwrap_or(Errno::Success),
            eventtype: subscription.eventtype(),
            nbytes: ready.nbytes,
            hangup: ready.hangup,
        };
        cx.mem.write(out + count * EVENT_SIZE, &event.to_bytes())?;
        count += 1;
    }
    Ok(count)
}

fn answer<H: Host>(
    cx: &mut Cx<'_, H>,
    answers: &Answers,
    fd: u32,
    write: bool,
) -> Option<Result<Readiness, Errno>> {
    let WasiCtx { host, table, .. } = &mut *cx.ctx;
    match state(host, table, fd, write) {
        Err(errno) => Some(Err(errno)),
        Ok(State::Ready(ready)) => Some(Ok(ready)),
        Ok(State::Ask) => {
            let place = answers
                .binary_search_by_key(&(fd, write), |(key, _)| *key)
                .ok()?;
            answers[place].1
        }
    }
}
