//! What is to be seen where the program stands.

use wasmote::{ExplainLine, Memory, Module, Val, debug::Frame};

use super::{Result, Session, words};
use crate::{
    debug::{
        source::{Location, Object},
        stopped::Stopped,
    },
    invoke,
};

/// A function that is being executed, as the source has it.
#[derive(Clone, Debug)]
pub struct FrameView {
    /// Its name.
    pub function: String,
    /// Its line: of the next instruction, or of the call that is pending.
    pub location: Option<Location>,
    /// Whether it was inlined into the next, with which it shares the machine's frame.
    pub inlined: bool,
    /// The machine's frame.
    pub frame: Frame,
}

/// Something with a name and a value, as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// A name, or what stands for one.
    pub name: String,
    pub ty: String,
    pub value: String,
}

impl<T: 'static> Session<'_, T> {
    /// All functions that are being executed, from the innermost out.
    pub fn frames(&self) -> Vec<FrameView> {
        let frames = self.timeline.stepper().frames(&self.store).into_iter();
        frames.flat_map(|frame| self.views(frame)).collect()
    }

    /// The functions that a frame of the machine stands for.
    fn views(&self, frame: Frame) -> impl Iterator<Item = FrameView> {
        let views = self.source.frames(frame.offset).into_iter();
        views.map(move |view| FrameView {
            function: view.function,
            location: view.location,
            inlined: view.inlined,
            frame: frame.clone(),
        })
    }

    /// The instruction that is next.
    pub fn offset(&self) -> Option<u32> {
        let innermost = self.timeline.stepper().innermost(&self.store);
        innermost.map(|frame| frame.offset)
    }

    /// The number of the selected frame: 0 after each motion.
    pub fn selected(&self) -> usize {
        self.selected
    }

    /// Selects a frame.
    ///
    /// # Errors
    /// There are not so many.
    pub fn select(&mut self, number: usize) -> Result<()> {
        let count = self.frames().len();
        if number >= count {
            return Err(format!("there is no frame {number}"));
        }
        self.selected = number;
        Ok(())
    }

    /// The selected frame.
    ///
    /// # Errors
    /// The call has returned.
    pub fn frame(&self) -> Result<FrameView> {
        let frames = self.timeline.stepper().frames(&self.store).into_iter();
        let mut views = frames.flat_map(|frame| self.views(frame));
        let frame = views.nth(self.selected);
        frame.ok_or_else(|| "no function is being executed".to_owned())
    }

    /// What debug information can look at in a frame.
    ///
    /// # Errors
    /// As [`Stepper::locals`](wasmote::debug::Stepper::locals).
    pub fn stopped(&self, frame: &Frame) -> Result<Stopped<'_>> {
        let stepper = self.timeline.stepper();
        let memory = frame.instance.memory_at(&self.store, 0);
        Ok(Stopped {
            locals: stepper.locals(&self.store, frame).map_err(words)?,
            // (Where validation finds no types: behind what never returns.)
            operands: stepper.operands(&self.store, frame).unwrap_or_default(),
            globals: (0..)
                .map_while(|index| frame.instance.global_at(&self.store, index))
                .map(|global| global.get(&self.store))
                .collect(),
            memory: memory.map_or(&[], |memory| memory.data(&self.store)),
        })
    }

    /// The memory with this index of the selected frame's instance, or of the program's.
    ///
    /// # Errors
    /// There is none.
    pub fn memory(&self, index: u32) -> Result<Memory> {
        let instance = self
            .frame()
            .map_or(self.instance, |view| view.frame.instance);
        let memory = instance.memory_at(&self.store, index);
        memory.ok_or_else(|| format!("there is no memory {index}"))
    }

    /// Bytes of the first memory, fewer at its end.
    ///
    /// # Errors
    /// The address is outside of it.
    pub fn bytes(&self, address: u64, length: usize) -> Result<&[u8]> {
        let data = self.memory(0)?.data(&self.store);
        let outside = || {
            format!(
                "{address:#x} is outside of memory, which has {:#x} bytes",
                data.len()
            )
        };
        let start = usize::try_from(address).map_err(|_| outside())?;
        let bytes = data.get(start..).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(outside)?;
        Ok(&bytes[..length.min(bytes.len())])
    }

    /// The variables of the source in the selected frame, the innermost first; parameters only, or all.
    ///
    /// # Errors
    /// No function is being executed.
    pub fn variables(&self, parameters: bool) -> Result<Vec<Value>> {
        let view = self.frame()?;
        let stopped = self.stopped(&view.frame)?;
        let scopes = self.source.scopes(view.frame.offset);
        let variables = scopes.iter().rev().flat_map(|scope| &scope.variables);
        let wanted = variables.filter(|variable| variable.parameter || !parameters);
        let value = |variable| match self.source.object(variable, &stopped) {
            Ok(object) => self.source.show(&object, &stopped),
            Err(missing) => missing.to_string(),
        };
        Ok(wanted
            .map(|variable| Value {
                name: variable.name.clone(),
                ty: self.source.type_name(variable),
                value: value(variable),
            })
            .collect())
    }

    /// The locals of WebAssembly in the selected frame.
    ///
    /// # Errors
    /// No function is being executed. (Also below.)
    pub fn locals(&self) -> Result<Vec<Value>> {
        let frame = self.frame()?.frame;
        let values = self.stopped(&frame)?.locals;
        let name = |n: u32| match self.code.local_name(frame.func, n) {
            Some(name) => format!("{n} ${name}"),
            None => n.to_string(),
        };
        Ok(named(&values, name))
    }

    /// The operand stack of the selected frame, from the bottom up.
    pub fn operands(&self) -> Result<Vec<Value>> {
        let values = self.stopped(&self.frame()?.frame)?.operands;
        Ok(named(&values, |n| n.to_string()))
    }

    /// The globals of WebAssembly of the program's instance.
    pub fn globals(&self) -> Vec<Value> {
        let globals = (0..).map_while(|index| self.instance.global_at(&self.store, index));
        let values: Vec<Val> = globals.map(|global| global.get(&self.store)).collect();
        named(&values, |n| match self.code.global_name(n) {
            Some(name) => format!("{n} ${name}"),
            None => n.to_string(),
        })
    }

    /// A value of the source in the selected frame, by a path such as `list->first.next`, with its text.
    ///
    /// # Errors
    /// In words, what the path is or names not.
    pub fn variable(&self, path: &str) -> Result<(Object, String)> {
        let view = self.frame()?;
        let stopped = self.stopped(&view.frame)?;
        let object = self.source.value(view.frame.offset, path, &stopped)?;
        let shown = self.source.show(&object, &stopped);
        Ok((object, shown))
    }

    /// Where a pointer of the selected frame points to.
    pub(super) fn target(&self, object: &Object) -> Result<Option<Object>> {
        let stopped = self.stopped(&self.frame()?.frame)?;
        Ok(self.source.target(object, &stopped))
    }

    /// The register bytecode of a function next to its WebAssembly: what runs here, or what runs where nothing is to
    /// be looked at.
    ///
    /// # Errors
    /// It cannot be translated.
    pub fn bytecode(&self, func: u32, plain: bool) -> Result<Vec<ExplainLine>> {
        let module = match plain {
            false => &self.module,
            true => self.plain_module()?,
        };
        module.explain(func).map_err(words)
    }

    fn plain_module(&self) -> Result<&Module> {
        let module = self.plain.get_or_init(|| {
            let engine = wasmote::Engine::new(wasmote::Config::new().wasm_legacy_exceptions(true));
            Module::new(&engine, self.code.bytes()).map_err(words)
        });
        module.as_ref().map_err(String::clone)
    }
}

fn named(values: &[Val], name: impl Fn(u32) -> String) -> Vec<Value> {
    let named = (0..).zip(values).map(|(n, value)| Value {
        name: name(n),
        ty: value.ty().to_string(),
        value: invoke::show(value),
    });
    named.collect()
}
