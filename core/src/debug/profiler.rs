//! Counts instructions while the machine runs, and keeps a tree of its calls.
//!
//! As long as the machine stays in one frame, counting is an addition to an array. Where it is elsewhere at the next
//! instruction, the frames' places on the value stack tell what has been called, has returned, or was left by a tail
//! call or an exception.

use alloc::{vec, vec::Vec};
use core::{mem, ptr::NonNull};

use crate::{exec::offset_from, map::Map, store::InstanceEntity};

/// Deeper calls count for the last one that the tree has room for.
const MAX_DEPTH: u32 = 256;
const MAX_NODES: usize = 1 << 18;

/// The node that has no function, and the calls from the host below it.
const ROOT: u32 = 0;

/// An instruction that begins.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// First slot of its frame.
    pub(crate) frame: u32,
    pub(crate) instance: NonNull<InstanceEntity>,
    pub(crate) ip: *const u8,
    /// The word of its `Step`.
    pub(crate) word: u32,
}

/// What is told of a function.
pub(crate) struct Counted {
    /// The instance's index in the store and the function's among those that its module defines; of host functions
    /// none, and its index in the store.
    pub(crate) instance: Option<u32>,
    pub(crate) index: u32,
    /// Offset of its body.
    pub(crate) start: u32,
    /// How often the instruction at each byte of the body has begun; empty while the function runs.
    pub(crate) counts: Vec<u64>,
    /// Calls, of host functions.
    pub(crate) host_calls: u64,
    /// Steps from its being called to its return, without calls of it that are inside of others.
    pub(crate) total: u64,
    /// Calls that have not ended, and the step at which the first began.
    active: u32,
    since: u64,
}

/// A function, called from where its parent says.
pub(crate) struct Node {
    pub(crate) parent: u32,
    pub(crate) func: u32,
    /// Steps in it, without those of its calls.
    pub(crate) own: u64,
    depth: u32,
    /// The function that was called last, which often is the next.
    last: u32,
}

/// A call that has not ended.
struct Call {
    frame: u32,
    func: u32,
    node: u32,
}

/// What has been counted.
pub(crate) struct Profiler {
    // Where the machine is; nowhere if there are no counts.
    frame: u32,
    instance: *const InstanceEntity,
    start: u32,
    counts: Vec<u64>,
    /// The step at which it came there.
    since: u64,
    /// The step at which counting began.
    pub(crate) began: u64,
    pub(crate) funcs: Vec<Counted>,
    known: Map<(Option<u32>, u32), u32>,
    /// Parents before children.
    pub(crate) nodes: Vec<Node>,
    children: Map<(u32, u32), u32>,
    /// Whether the tree had no room for all.
    pub(crate) is_cut: bool,
    calls: Vec<Call>,
    /// Which of those are the host's.
    hosts: Vec<usize>,
}

// SAFETY: the address of the instance is compared, and never followed.
unsafe impl Send for Profiler {}
// SAFETY: as above.
unsafe impl Sync for Profiler {}

impl Profiler {
    pub(crate) fn new(steps: u64) -> Profiler {
        Profiler {
            frame: 0,
            instance: core::ptr::null(),
            start: 0,
            counts: Vec::new(),
            since: steps,
            began: steps,
            funcs: Vec::new(),
            known: Map::new(),
            nodes: vec![Node {
                parent: ROOT,
                func: u32::MAX,
                own: 0,
                depth: 0,
                last: ROOT,
            }],
            children: Map::new(),
            is_cut: false,
            calls: Vec::new(),
            hosts: Vec::new(),
        }
    }

    /// Counts an instruction.
    #[inline]
    pub(crate) fn count(&mut self, at: Place, steps: u64) {
        if self.frame == at.frame
            && core::ptr::eq(self.instance, at.instance.as_ptr())
            && let Some(count) = self
                .counts
                .get_mut(offset_from(at.word, self.start) as usize)
        {
            *count += 1;
            return;
        }
        self.moved(at, steps);
    }

    /// The same where the machine has entered or left a frame.
    #[cold]
    #[inline(never)]
    fn moved(&mut self, at: Place, steps: u64) {
        self.pause(steps);
        // SAFETY: the machine is in this instance.
        let instance = unsafe { at.instance.as_ref() };
        while let Some(call) = self.top()
            && call.frame > at.frame
        {
            self.leave(steps);
        }
        let is_back = match self.top() {
            Some(call) if call.frame == at.frame => {
                let is_back = self.has(call.func, instance, at.word);
                if !is_back {
                    // A tail call has taken its place.
                    self.leave(steps);
                }
                is_back
            }
            _ => false,
        };
        if !is_back {
            let Some(func) = self.callee(instance, at) else {
                return;
            };
            self.enter(func, at.frame, steps);
        }
        let func = self.calls.last().map_or(0, |call| call.func);
        let func = &mut self.funcs[func as usize];
        self.frame = at.frame;
        self.instance = at.instance.as_ptr();
        self.start = func.start;
        self.counts = mem::take(&mut func.counts);
        let offset = offset_from(at.word, self.start) as usize;
        if let Some(count) = self.counts.get_mut(offset) {
            *count += 1;
        }
    }

    /// The innermost call that is not outside of a host function.
    fn top(&self) -> Option<&Call> {
        let inside = self.hosts.last().map_or(0, |host| host + 1);
        self.calls.get(inside..)?.last()
    }

    /// Whether an instruction is one of a function.
    fn has(&self, func: u32, instance: &InstanceEntity, word: u32) -> bool {
        let func = &self.funcs[func as usize];
        func.instance == Some(instance.index)
            && (offset_from(word, func.start) as usize) < func.counts.len()
    }

    /// The function that an instruction is of.
    fn callee(&mut self, instance: &InstanceEntity, at: Place) -> Option<u32> {
        let last = self.nodes[self.node() as usize].last;
        if last != ROOT {
            let func = self.nodes[last as usize].func;
            if self.has(func, instance, at.word) {
                return Some(func);
            }
        }
        let module = instance.module.inner();
        let (defined, _) = module.code.find(at.ip)?;
        let key = (Some(instance.index), defined);
        Some(self.func(key, || {
            let range = module.body(defined).range();
            (range.start as u32, (range.end - range.start) as usize)
        }))
    }

    /// A function's number.
    fn func(&mut self, key: (Option<u32>, u32), body: impl FnOnce() -> (u32, usize)) -> u32 {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let (start, len) = body();
        let new = self.funcs.len() as u32;
        self.funcs.push(Counted {
            instance: key.0,
            index: key.1,
            start,
            counts: vec![0; len],
            host_calls: 0,
            total: 0,
            active: 0,
            since: 0,
        });
        self.known.insert(key, new);
        new
    }

    /// The node of the innermost call.
    fn node(&self) -> u32 {
        self.calls.last().map_or(ROOT, |call| call.node)
    }

    fn enter(&mut self, func: u32, frame: u32, steps: u64) {
        let node = self.child(func);
        let counted = &mut self.funcs[func as usize];
        if counted.active == 0 {
            counted.since = steps;
        }
        counted.active += 1;
        self.calls.push(Call { frame, func, node });
    }

    /// The node of a function called from the innermost one.
    fn child(&mut self, func: u32) -> u32 {
        let parent = self.node();
        let Node { depth, last, .. } = self.nodes[parent as usize];
        if last != ROOT && self.nodes[last as usize].func == func {
            return last;
        }
        let child = match self.children.get(&(parent, func)) {
            Some(child) => *child,
            None if depth >= MAX_DEPTH || self.nodes.len() >= MAX_NODES => {
                self.is_cut = true;
                return parent;
            }
            None => {
                let child = self.nodes.len() as u32;
                self.nodes.push(Node {
                    parent,
                    func,
                    own: 0,
                    depth: depth + 1,
                    last: ROOT,
                });
                self.children.insert((parent, func), child);
                child
            }
        };
        self.nodes[parent as usize].last = child;
        child
    }

    /// Ends the innermost call.
    fn leave(&mut self, steps: u64) {
        if let Some(call) = self.calls.pop() {
            let func = &mut self.funcs[call.func as usize];
            func.active -= 1;
            if func.active == 0 {
                func.total += steps.saturating_sub(func.since);
            }
        }
    }

    /// Counts what has been run so far for where it was.
    fn pause(&mut self, steps: u64) {
        let node = self.node();
        // (The steps of a store that was restored may go back.)
        self.nodes[node as usize].own += steps.saturating_sub(self.since);
        self.since = steps;
        if !self.counts.is_empty()
            && let Some(call) = self.calls.last()
        {
            self.funcs[call.func as usize].counts = mem::take(&mut self.counts);
        }
    }

    /// A call from the host begins: others have ended, but those that wait for the host function that makes it.
    pub(crate) fn begin(&mut self, steps: u64, nested_calls: u32) {
        self.pause(steps);
        // (Host functions that panicked have not been left.)
        self.hosts.truncate(nested_calls as usize);
        while self.top().is_some() {
            self.leave(steps);
        }
    }

    /// A host function, by its index in the store, begins.
    pub(crate) fn enter_host(&mut self, index: u32, steps: u64) {
        self.pause(steps);
        let func = self.func((None, index), || (0, 0));
        self.funcs[func as usize].host_calls += 1;
        self.enter(func, u32::MAX, steps);
        self.hosts.push(self.calls.len() - 1);
    }

    /// It has ended.
    pub(crate) fn leave_host(&mut self, steps: u64) {
        self.pause(steps);
        // (It may have begun before counting did.)
        if let Some(host) = self.hosts.pop() {
            while self.calls.len() > host {
                self.leave(steps);
            }
        }
    }

    /// All calls end, as far as counting goes.
    pub(crate) fn end(&mut self, steps: u64) {
        self.pause(steps);
        while !self.calls.is_empty() {
            self.leave(steps);
        }
    }
}
