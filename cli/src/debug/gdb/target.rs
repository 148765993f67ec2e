//! The program as `gdbstub` sees it: one thread, whose only register is its program counter.

use gdbstub::{
    common::{Endianness, Pid, Signal, Tid},
    target::{
        Target, TargetError, TargetResult,
        ext::{
            base::{
                BaseOps,
                reverse_exec::{ReverseCont, ReverseContOps, ReverseStep, ReverseStepOps},
                single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps},
                singlethread::{
                    SingleThreadBase, SingleThreadResume, SingleThreadResumeOps,
                    SingleThreadSingleStep, SingleThreadSingleStepOps,
                },
            },
            breakpoints::{
                Breakpoints, BreakpointsOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
                SwBreakpointOps, WatchKind,
            },
            host_info::{HostInfo, HostInfoOps, HostInfoResponse},
            libraries::{Libraries, LibrariesOps},
            monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps},
            process_info::{ProcessInfo, ProcessInfoOps, ProcessInfoResponse},
            wasm::{Wasm as WasmQueries, WasmOps},
        },
    },
};
use wasmote::{Error, Val};

use super::{
    arch::{Pc, PcId, Wasm},
    debuggee::{Debuggee, Order, Travel},
    monitor,
};
use crate::debug::{
    address::{CODE, Place},
    instructions::after,
};

/// What LLDB calls it.
const TRIPLE: &str = "wasm32-unknown-unknown-wasm";

impl<T: 'static> Target for Debuggee<T> {
    type Arch = Wasm;
    type Error = Error;

    fn base_ops(&mut self) -> BaseOps<'_, Wasm, Error> {
        BaseOps::SingleThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }

    fn support_libraries(&mut self) -> Option<LibrariesOps<'_, Self>> {
        Some(self)
    }

    fn support_host_info(&mut self) -> Option<HostInfoOps<'_, Self>> {
        Some(self)
    }

    fn support_process_info(&mut self) -> Option<ProcessInfoOps<'_, Self>> {
        Some(self)
    }

    fn support_wasm(&mut self) -> Option<WasmOps<'_, Self>> {
        Some(self)
    }
}

impl<T: 'static> SingleThreadBase for Debuggee<T> {
    fn read_registers(&mut self, registers: &mut Pc) -> TargetResult<(), Self> {
        *registers = Pc(self.pc());
        Ok(())
    }

    /// Where code goes on is not ours to change.
    fn write_registers(&mut self, _: &Pc) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, (), Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, address: u64, buffer: &mut [u8]) -> TargetResult<usize, Self> {
        let (bytes, offset) = match Place::at(address) {
            Some(Place::Memory { index, offset }) => {
                let memory = self.memory(index).ok_or(TargetError::NonFatal)?;
                (memory.data(&self.store), offset)
            }
            Some(Place::Code { offset }) => (self.module.bytes(), offset),
            None => return Err(TargetError::NonFatal),
        };
        let bytes = bytes.get(offset as usize..).ok_or(TargetError::NonFatal)?;
        let count = bytes.len().min(buffer.len());
        if count == 0 && !buffer.is_empty() {
            return Err(TargetError::NonFatal);
        }
        buffer[..count].copy_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn write_addrs(&mut self, address: u64, bytes: &[u8]) -> TargetResult<(), Self> {
        let Some(Place::Memory { index, offset }) = Place::at(address) else {
            return Err(TargetError::NonFatal);
        };
        let memory = self.memory(index).ok_or(TargetError::NonFatal)?;
        let written = self.timeline.edit(&mut self.store, |store, _| {
            memory
                .write(store, offset as usize, bytes)
                .map_err(Error::host)
        });
        written.map_err(|_| TargetError::NonFatal)
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

impl<T: 'static> SingleRegisterAccess<()> for Debuggee<T> {
    fn read_register(
        &mut self,
        (): (),
        PcId: PcId,
        buffer: &mut [u8],
    ) -> TargetResult<usize, Self> {
        let pc = self.pc().to_le_bytes();
        let place = buffer.get_mut(..pc.len()).ok_or(TargetError::NonFatal)?;
        place.copy_from_slice(&pc);
        Ok(pc.len())
    }

    fn write_register(&mut self, (): (), _: PcId, _: &[u8]) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }
}

// Signals are for processes: there are none to pass on.
impl<T: 'static> SingleThreadResume for Debuggee<T> {
    fn resume(&mut self, _: Option<Signal>) -> Result<(), Error> {
        self.order(Order::Continue)
    }

    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }

    fn support_reverse_step(&mut self) -> Option<ReverseStepOps<'_, (), Self>> {
        Some(self)
    }

    fn support_reverse_cont(&mut self) -> Option<ReverseContOps<'_, (), Self>> {
        Some(self)
    }
}

impl<T: 'static> SingleThreadSingleStep for Debuggee<T> {
    fn step(&mut self, _: Option<Signal>) -> Result<(), Error> {
        self.order(Order::Step)
    }
}

impl<T: 'static> ReverseStep<()> for Debuggee<T> {
    fn reverse_step(&mut self, (): ()) -> Result<(), Error> {
        self.order(Order::Travel(Travel::Step))
    }
}

impl<T: 'static> ReverseCont<()> for Debuggee<T> {
    fn reverse_cont(&mut self) -> Result<(), Error> {
        self.order(Order::Travel(Travel::Continue))
    }
}

impl<T: 'static> Breakpoints for Debuggee<T> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl<T: 'static> SwBreakpoint for Debuggee<T> {
    fn add_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.add_breakpoint(address))
    }

    fn remove_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.remove_breakpoint(address))
    }
}

impl<T: 'static> HwWatchpoint for Debuggee<T> {
    fn add_hw_watchpoint(
        &mut self,
        address: u64,
        len: u64,
        kind: WatchKind,
    ) -> TargetResult<bool, Self> {
        Ok(self.add_watch(address, len, kind))
    }

    fn remove_hw_watchpoint(
        &mut self,
        address: u64,
        len: u64,
        kind: WatchKind,
    ) -> TargetResult<bool, Self> {
        Ok(self.remove_watch(address, len, kind))
    }
}

impl<T: 'static> Libraries for Debuggee<T> {
    fn get_libraries(
        &self,
        offset: u64,
        length: usize,
        buffer: &mut [u8],
    ) -> TargetResult<usize, Self> {
        // Of a file that is no binary module, LLDB gets that with `m`.
        let file = std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        let name = file.to_string_lossy();
        let name = name
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('"', "&quot;");
        let list = format!(
            r#"<library-list version="1.0"><library name="{name}"><section address="{CODE:#x}"/></library></library-list>"#
        );
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| list.as_bytes().get(offset..));
        let rest = rest.unwrap_or_default();
        let count = rest.len().min(length).min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl<T: 'static> HostInfo for Debuggee<T> {
    fn host_info(&self, write: &mut dyn FnMut(&HostInfoResponse<'_>)) -> Result<(), Error> {
        write(&HostInfoResponse::Triple(TRIPLE));
        write(&HostInfoResponse::Endianness(Endianness::Little));
        write(&HostInfoResponse::PointerSize(4));
        Ok(())
    }
}

impl<T: 'static> ProcessInfo for Debuggee<T> {
    fn process_info(&self, write: &mut dyn FnMut(&ProcessInfoResponse<'_>)) -> Result<(), Error> {
        write(&ProcessInfoResponse::Pid(Pid::MIN));
        write(&ProcessInfoResponse::Triple(TRIPLE));
        write(&ProcessInfoResponse::Endianness(Endianness::Little));
        write(&ProcessInfoResponse::PointerSize(4));
        Ok(())
    }
}

impl<T: 'static> WasmQueries for Debuggee<T> {
    fn wasm_call_stack(&self, _: Tid, next: &mut dyn FnMut(u64)) -> Result<(), Error> {
        for (level, frame) in self.frames().iter().enumerate() {
            // Debuggers want to know where callers go on, not where they called.
            let offset = match level {
                0 => frame.offset,
                _ => after(frame.module.bytes(), frame.offset),
            };
            next(CODE | u64::from(offset));
        }
        Ok(())
    }

    fn read_wasm_local(
        &self,
        _: Tid,
        frame: usize,
        local: usize,
        buffer: &mut [u8],
    ) -> Result<usize, Error> {
        let frames = self.frames();
        let locals = frames
            .get(frame)
            .and_then(|frame| self.timeline.stepper().locals(&self.store, frame).ok());
        Ok(write(locals.as_ref().and_then(|l| l.get(local)), buffer))
    }

    fn read_wasm_stack(
        &self,
        _: Tid,
        frame: usize,
        index: usize,
        buffer: &mut [u8],
    ) -> Result<usize, Error> {
        let frames = self.frames();
        let operands = frames
            .get(frame)
            .and_then(|frame| self.timeline.stepper().operands(&self.store, frame).ok());
        let value = operands.as_ref().and_then(|o| o.iter().rev().nth(index));
        Ok(write(value, buffer))
    }

    fn read_wasm_global(
        &self,
        _: Tid,
        frame: usize,
        global: usize,
        buffer: &mut [u8],
    ) -> Result<usize, Error> {
        let frames = self.frames();
        let global = frames.get(frame).and_then(|frame| {
            let global = u32::try_from(global).ok()?;
            frame.instance.global_at(&self.store, global)
        });
        let value = global.map(|global| global.get(&self.store));
        Ok(write(value.as_ref(), buffer))
    }
}

impl<T: 'static> MonitorCmd for Debuggee<T> {
    fn handle_monitor_cmd(
        &mut self,
        command: &[u8],
        mut out: ConsoleOutput<'_>,
    ) -> Result<(), Error> {
        out.write_raw(monitor::answer(self, &String::from_utf8_lossy(command)).as_bytes());
        Ok(())
    }
}

/// Puts a value into a buffer, little endian, and tells its size: none if there is no such value, or a reference, which
/// has no bits.
fn write(value: Option<&Val>, buffer: &mut [u8]) -> usize {
    let mut put = |bytes: &[u8]| match buffer.get_mut(..bytes.len()) {
        Some(place) => {
            place.copy_from_slice(bytes);
            bytes.len()
        }
        None => 0,
    };
    match value {
        Some(Val::I32(value)) => put(&value.to_le_bytes()),
        Some(Val::I64(value)) => put(&value.to_le_bytes()),
        Some(Val::F32(bits)) => put(&bits.to_le_bytes()),
        Some(Val::F64(bits)) => put(&bits.to_le_bytes()),
        Some(Val::V128(bits)) => put(&bits.to_le_bytes()),
        _ => 0,
    }
}
