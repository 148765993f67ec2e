//! The command line.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::{
    debug::source::Map,
    error::Failure,
    output,
    ranges::{Addresses, Offsets},
    size::Size,
};

const EXAMPLES: &str = "\
Examples:
  wasmote program.wasm one two              run a program with two arguments
  wasmote run --dir . program.wasm          … that may use the files of this directory
  wasmote run --dir /srv/data::/data p.wasm … that sees /srv/data as /data
  wasmote run --dir .::/:ro program.wasm    … that may look at this directory and change nothing
  wasmote run --invoke add math.wat 2 40    call an exported function and print its results
  wasmote run --fuel 1000000 p.wasm         … and stop it after so many instructions
  wasmote run --snapshot s --pause-at 99 p  pause a program; `wasmote resume s p` goes on with it
  wasmote trace --func main p.wasm          each instruction of a function, with operands and results
  wasmote profile --html flames.html p.wasm how often which functions ran, and a page with a flame graph
  wasmote compile program.wasm              make program.mote, an image: chips run it where it lies, `run` does, too
  wasmote explain program.wasm --func main  the bytecode that a function became, and why
  wasmote explain --spec i32.add            what an instruction is, and what it becomes
  wasmote explain program.mote              what is in an image
  wasmote wast tests/*.wast                 run specification scripts

Exit status: the program's own; 134 after a trap; 1 for an error of wasmote's; 2 for wrong usage.";

/// A WebAssembly interpreter.
#[derive(Parser)]
#[command(name = "wasmote", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Run a program; `wasmote FILE` is short for it
    Run(RunArgs),
    /// Run a program step by step, forwards and backwards
    Debug(DebugArgs),
    /// Go on with a program that `wasmote run --snapshot` has paused
    Resume(ResumeArgs),
    /// Do again what `wasmote run --record` recorded, without the files, clocks and sockets
    Replay(ReplayArgs),
    /// Print the instructions that a program executes, with their operands and results
    Trace(TraceArgs),
    /// Count the instructions that a program executes, by functions, lines and operators, and draw flame graphs
    Profile(ProfileArgs),
    /// Make an image of a module: what chips run where it lies
    Compile(CompileArgs),
    /// Show what functions of a module become, and why; what is in an image; what an instruction is
    Explain(ExplainArgs),
    /// Run specification scripts
    Wast(WastArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete in
        shell: Shell,
    },
}

/// `wasmote run`.
#[derive(Args)]
#[command(after_help = "\
A program is a WASI command (it exports `_start`), or any module with --invoke. A module with \
`_initialize` (a WASI reactor) is initialized before its function is called.

Examples:
  wasmote run --dir . md2html.wasm README.md
  wasmote run --env LANG=C --env HOME p.wasm
  wasmote run --invoke fib fib.wat 30")]
pub struct RunArgs {
    /// Record what the system answered to LOG, for `wasmote replay`
    #[arg(long, value_name = "LOG", conflicts_with = "snapshot")]
    pub record: Option<PathBuf>,
    /// Write a core dump to FILE if the program traps
    #[arg(long, value_name = "FILE")]
    pub core_on_trap: Option<PathBuf>,
    /// Whether it may be paused.
    #[command(flatten)]
    pub pause: PauseArgs,
    /// Which program, and what it is given.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// Where a program is paused.
#[derive(Args)]
pub struct PauseArgs {
    /// Run code that can stop, and pause the program at Ctrl-C or --pause-at: write its state to FILE, for
    /// `wasmote resume`
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Pause it when it has executed so many instructions since its start
    #[arg(long, value_name = "STEP", requires = "snapshot")]
    pub pause_at: Option<u64>,
}

/// `wasmote resume`.
#[derive(Args)]
#[command(mut_arg("invoke", |arg| arg.hide(true).conflicts_with("from")))]
#[command(after_help = "\
It wants the module that was paused, and directories under the same names; arguments, which most programs have read by \
then, can be the same. Files and directories are opened again by their paths, at the positions where they were. Not in \
a snapshot are what files hold (with --virtual, what was written is gone) and what was read from standard input; a \
program that has sockets open cannot be paused. --fuel is what it may burn from here on.

Examples:
  wasmote run --snapshot p.snap --pause-at 1000000 --dir . p.wasm in.txt
  wasmote resume --dir . p.snap p.wasm in.txt        … and on, to the end
  wasmote debug --from p.snap --dir . p.wasm in.txt  … or step by step")]
pub struct ResumeArgs {
    /// Whether it may be paused again.
    #[command(flatten)]
    pub pause: PauseArgs,
    /// Write a core dump to FILE if the program traps, with the values of all locals and operands
    #[arg(long, value_name = "FILE")]
    pub core_on_trap: Option<PathBuf>,
    /// The paused state
    #[arg(value_name = "SNAPSHOT")]
    pub from: PathBuf,
    /// Which program, and what it is given.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `wasmote debug`.
#[derive(Args)]
#[command(after_help = "\
The debugger has the terminal: the program reads from --stdin, and what it prints is shown in a pane. Where standard \
input is no terminal, commands are read from it, a line each; `help` lists them.

Examples:
  wasmote debug p.wasm one two              step through a program with two arguments
  wasmote debug --invoke fib fib.wat 10     … through a call of an exported function
  wasmote debug -c continue -c backtrace -c 'who table->length' p.wasm
                                            … to the end, and back to who wrote what is wrong
  wasmote debug --gdb 127.0.0.1:1234 p.wasm wait for a debugger, which begins with
                                            (lldb) process connect --plugin wasm connect://127.0.0.1:1234
  wasmote debug --dap                       be the debugger of an editor: docs/debug-vscode.md")]
#[command(mut_arg("words", |words| words.required(false).required_unless_present("dap")))]
pub struct DebugArgs {
    /// How to debug it.
    #[command(flatten)]
    pub debugger: DebuggerArgs,
    /// Be a debug adapter: speak the Debug Adapter Protocol on standard input and output with an editor (VS Code and
    /// others), which says what to debug
    #[arg(long, conflicts_with_all = ["DebuggerArgs", "stdin", "from", "ProgramArgs"])]
    pub dap: bool,
    /// What the program reads from its standard input; nothing without it
    #[arg(long, value_name = "FILE", conflicts_with = "gdb")]
    pub stdin: Option<PathBuf>,
    /// Begin where `wasmote run --snapshot` has paused it
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "invoke")]
    pub from: Option<PathBuf>,
    /// Which program, and what it is given.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// How to debug: what `wasmote debug` and `wasmote replay --debug` have in common.
#[derive(Args)]
pub struct DebuggerArgs {
    /// Do CMD and print what comes of it, instead of asking for commands; repeatable
    #[arg(short, long = "command", value_name = "CMD")]
    pub commands: Vec<String>,
    /// Do the commands in FILE, a line each, before those of --command
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Read commands from standard input, a line each, though it is a terminal
    #[arg(long)]
    pub plain: bool,
    /// Listen at ADDR (`127.0.0.1:1234`, port 0 for any) for a debugger that speaks the gdb remote protocol, such as
    /// LLDB; the program has the terminal
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["commands", "script", "plain"])]
    pub gdb: Option<String>,
    /// Look for source files that debug information has under FROM in TO; repeatable
    #[arg(long = "source-map", value_name = "FROM=TO")]
    pub source_maps: Vec<Map>,
    /// Keep SIZE bytes of snapshots, from which to go back (KiB, MiB and GiB are understood)
    #[arg(long, value_name = "SIZE", default_value = "512MiB")]
    pub snapshot_budget: Size,
}

/// `wasmote replay`.
#[derive(Args)]
#[command(mut_group("DebuggerArgs", |group| group.requires("debug")))]
#[command(after_help = "\
What the program printed is printed again. Frames are larger in code that can be stepped through (--steps, \
--core-on-trap): a program that runs out of stack may do so at another place then.

Examples:
  wasmote run --record p.log --dir . p.wasm in.txt   record a run
  wasmote replay p.log                               do it again, without the files
  wasmote replay --steps p.log                       … and count its instructions
  wasmote replay --core-on-trap p.core p.log         … and keep all values of the frames, if it traps
  wasmote replay --debug p.log                       step through it, forwards and backwards")]
pub struct ReplayArgs {
    /// Take the module from here instead of where it was
    #[arg(long, value_name = "FILE")]
    pub module: Option<PathBuf>,
    /// Do not print again what the program printed
    #[arg(short, long)]
    pub quiet: bool,
    /// Count instructions, check that host functions are called after as many, and print how many there were
    #[arg(long)]
    pub steps: bool,
    /// Write a core dump to FILE if the program traps, with the values of all locals and operands
    #[arg(long, value_name = "FILE")]
    pub core_on_trap: Option<PathBuf>,
    /// Step through it, as with `wasmote debug`
    #[arg(long, conflicts_with_all = ["quiet", "steps", "core_on_trap"])]
    pub debug: bool,
    /// How to debug it.
    #[command(flatten)]
    pub debugger: DebuggerArgs,
    /// The recording
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
}

/// A program and what it is given: what all commands that run one have in common.
#[derive(Args)]
pub struct ProgramArgs {
    /// Give the program a directory of this machine, under GUEST or its own name, with `:ro` for reading only;
    /// repeatable
    #[arg(long = "dir", value_name = "HOST[::GUEST][:ro]")]
    pub dirs: Vec<OsString>,
    /// Give the program a socket that listens at ADDR (`127.0.0.1:8080`), as descriptor 3 and on; repeatable
    #[arg(long = "tcplisten", value_name = "ADDR")]
    pub listeners: Vec<String>,
    /// Set an environment variable of the program, or pass on one of this environment; repeatable
    #[arg(long = "env", value_name = "K[=V]")]
    pub env: Vec<String>,
    /// Call this export instead of `_start`; ARGS are its arguments, its results are printed
    #[arg(long, value_name = "NAME")]
    pub invoke: Option<String>,
    /// Stop with a trap after about N instructions
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
    /// Keep all memories together below SIZE bytes (KiB, MiB and GiB are understood)
    #[arg(long, value_name = "SIZE")]
    pub max_memory: Option<Size>,
    /// Keep the heap of structures, arrays and exceptions below SIZE bytes (KiB, MiB and GiB are understood)
    #[arg(long, value_name = "SIZE")]
    pub max_heap: Option<Size>,
    /// Accept the legacy exception instructions, `try` and `catch`, which some toolchains still emit
    #[arg(long)]
    pub legacy_exceptions: bool,
    /// Give calls SIZE bytes of stack (KiB, MiB and GiB are understood)
    #[arg(long, value_name = "SIZE")]
    pub max_stack: Option<Size>,
    /// The program's name as it sees it, instead of FILE
    #[arg(long, value_name = "NAME")]
    pub argv0: Option<String>,
    /// Run in a machine that does not exist, every time the same: directories are copied to memory and not
    /// written back, the clock starts in 2000 and sleeping takes no time, randomness comes from a seed
    #[arg(long = "virtual", conflicts_with = "listeners")]
    pub virtual_machine: bool,
    /// The seed
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        requires = "virtual_machine"
    )]
    pub seed: u64,
    /// Print the program's system calls to standard error, a line each
    #[arg(long)]
    pub trace_wasi: bool,
    /// Translate the whole module at once instead of functions at their first call
    #[arg(long)]
    pub eager: bool,
    // One list, so that everything after FILE is the program's, options too.
    /// The module, binary, text (`.wat`) or image (`.mote`), and the program's arguments
    #[arg(value_names = ["FILE", "ARGS"], required = true, num_args = 1.., trailing_var_arg = true)]
    pub words: Vec<OsString>,
}

impl ProgramArgs {
    /// The file that the program is in.
    pub fn file(&self) -> PathBuf {
        // (The parser has seen that there is one.)
        self.words.first().map(PathBuf::from).unwrap_or_default()
    }
}

/// `wasmote trace`.
#[derive(Args)]
#[command(after_help = "\
Each line has the number of instructions executed before, the offset in the module, the instruction, indented by the \
depth of calls, what it takes from the stack, `->` what it puts there, and what it reads or writes of memory. A line \
in parentheses is a call that returns. The last line tells how it ended. What a module's start function and \
`_initialize` execute is counted and not shown. If the trace ends before the program does, the program ends with it, \
and the exit status is 0.

With --json, an instruction is an object with `step`, `depth`, `func` (the index), `name` (the function's), `offset`, \
`text`, `operands`, `results` (each with `type` and `value`: a number for i32 and finite f32 and f64, a string for all \
others) and, if it accesses memory, `memory` (`access`: `read` or `write`, the index `memory`, `address`, `len`, and \
`bytes`: hexadecimal, the first 16). A call that returns has `returned`, the step of the call, instead of `step`, and \
no `operands`. The last object has `end` (`returned`, `exited`, `failed` or `stopped`), `steps`, and `status` or \
`message`.

Examples:
  wasmote trace --invoke fib fib.wat 3
  wasmote trace --func parse --limit 100 -o trace.txt --dir . p.wasm README.md
  wasmote trace --memory 0x1000..0x1004 p.wasm   who touches these four bytes
  wasmote trace --from 5000 --to 5100 --json p.wasm")]
pub struct TraceArgs {
    /// Only instructions of this function: its name, index (`7`) or an offset in it (`0x1234`); repeatable
    #[arg(long = "func", value_name = "NAME")]
    pub funcs: Vec<String>,
    /// Only instructions at these offsets in the module; repeatable, and joined with --func
    #[arg(long = "range", value_name = "OFFSET..OFFSET")]
    pub ranges: Vec<Offsets>,
    /// Only from this step on
    #[arg(long, value_name = "STEP", default_value_t = 0)]
    pub from: u64,
    /// Only up to this step, which is not shown
    #[arg(long, value_name = "STEP")]
    pub to: Option<u64>,
    /// Only instructions that read or write these bytes of the first memory
    #[arg(long, value_name = "ADDR[..END]")]
    pub memory: Option<Addresses>,
    /// End after N instructions
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Write JSON, an object a line
    #[arg(long)]
    pub json: bool,
    /// Write to OUT instead of standard error
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Which program, and what it is given.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// `wasmote profile`.
#[derive(Args)]
#[command(after_help = "\
Counts are exact, and the same every time for the same program and inputs (see --virtual). `self` is what a function \
executed itself, `total` also what it called. Lines need a module with debug information (DWARF). After Ctrl-C, what \
was counted so far is printed.

With --json, the object has `instructions`, `functions` (`name`, `func`: its index, `calls`, `self`, `total`), `lines` \
(`file`, `line`, `count`; only with debug information) and `opcodes` (`name`, `count`), all of each.

Examples:
  wasmote profile --dir . md2html.wasm README.md
  wasmote profile --by line,opcode --top 5 -o profile.txt p.wasm
  wasmote profile --html flames.html --invoke fib fib.wat 20")]
pub struct ProfileArgs {
    /// What to count by; repeatable
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        default_value = "function"
    )]
    pub by: Vec<By>,
    /// Print at most N rows of each table
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub top: usize,
    /// Write stacks of functions and their counts, for tools that draw flame graphs
    #[arg(long, value_name = "OUT")]
    pub folded: Option<PathBuf>,
    /// Draw a flame graph
    #[arg(long, value_name = "OUT")]
    pub svg: Option<PathBuf>,
    /// Make a page with a flame graph that can be searched and gone into
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Write JSON instead of tables
    #[arg(long)]
    pub json: bool,
    /// Write to OUT instead of standard error
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Which program, and what it is given.
    #[command(flatten)]
    pub program: ProgramArgs,
}

/// What a profile counts by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum By {
    /// Functions, with their calls.
    Function,
    /// Lines of the source.
    Line,
    /// Operators of WebAssembly.
    Opcode,
}

/// `wasmote compile`.
#[derive(Args)]
#[command(after_help = "\
An image is run by `wasmote run`, and by firmware with wasmote's library, which needs neither a parser nor a compiler \
for it. The same module and options give the same bytes.

Examples:
  wasmote compile app.wasm                  make app.mote
  wasmote compile --strip app.wasm          … as small as can be; backtraces have numbers only
  wasmote compile --fuel app.wasm -o x.mote make x.mote, which `wasmote run --fuel N` can stop")]
pub struct CompileArgs {
    /// The module, binary or text (`.wat`)
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Write the image to OUT instead of FILE with the extension `.mote`
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// Leave out what only backtraces use: the names of functions, where instructions came from, or both
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub strip: Option<Strip>,
    /// Make code that charges fuel, for engines that meter it (`wasmote run --fuel`)
    #[arg(long)]
    pub fuel: bool,
    /// Make code that can be interrupted, for engines that are configured so (`Config::interruptible`)
    #[arg(long)]
    pub interruptible: bool,
    /// Accept the legacy exception instructions, `try` and `catch`, which some toolchains still emit
    #[arg(long)]
    pub legacy_exceptions: bool,
    /// Print sizes to standard error
    #[arg(short, long)]
    pub verbose: bool,
}

/// What an image does without.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Strip {
    /// Names of functions.
    Names,
    /// Where each instruction came from in the module.
    Offsets,
    /// Both.
    All,
}

/// `wasmote explain`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  wasmote explain app.wasm                  all functions, WebAssembly next to bytecode
  wasmote explain app.wasm --func main      one function, with its stack, and what was folded and fused, and why
  wasmote explain app.wasm --html app.html  the same as a page, of all functions
  wasmote explain --spec i32.add            what an instruction is, and what becomes of it
  wasmote explain --spec                    all instructions")]
pub struct ExplainArgs {
    /// The module, binary, text (`.wat`) or image (`.mote`)
    #[arg(value_name = "FILE", required_unless_present = "spec")]
    pub file: Option<PathBuf>,
    /// Only this function, explained: with the operand stack behind each instruction, and why it became what it did
    #[arg(long, value_name = "NAME|INDEX")]
    pub func: Option<String>,
    /// Show the compact code that `wasmote compile` makes, instead of what this machine runs
    #[arg(long)]
    pub compact: bool,
    /// Two columns for one function too, WebAssembly and bytecode
    #[arg(long)]
    pub plain: bool,
    /// Write the explained function, or all, to OUT, a page that needs nothing else
    #[arg(long, value_name = "OUT", conflicts_with = "plain")]
    pub html: Option<PathBuf>,
    /// Describe an instruction instead of a file: its type and meaning in the specification, and the ops that it becomes;
    /// without INSTR, list all
    #[arg(
        long,
        value_name = "INSTR",
        num_args = 0..=1,
        conflicts_with_all = ["file", "func", "compact", "plain", "html"]
    )]
    pub spec: Option<Option<String>>,
}

/// `wasmote wast`.
#[derive(Args)]
pub struct WastArgs {
    /// Scripts
    #[arg(value_name = "FILES", required = true)]
    pub files: Vec<PathBuf>,
    /// Translate modules at load
    #[arg(long)]
    pub eager: bool,
    /// Meter every call (with plenty)
    #[arg(long)]
    pub fuel: bool,
    /// Compile every module to an image, and run that
    #[arg(long)]
    pub images: bool,
}

/// Reads the command line; ends the process for help and for wrong usage (status 2).
pub fn parse() -> Cli {
    Cli::parse_from(with_subcommand(std::env::args_os().collect()))
}

/// `wasmote FILE …` becomes `wasmote run FILE …`.
fn with_subcommand(mut args: Vec<OsString>) -> Vec<OsString> {
    let known = |arg: &OsStr| {
        let Some(arg) = arg.to_str() else {
            return false;
        };
        ["help", "-h", "--help", "-V", "--version"].contains(&arg)
            || Cli::command()
                .get_subcommands()
                .any(|c| c.get_name() == arg)
    };
    if args.get(1).is_some_and(|first| !known(first)) {
        args.insert(1, "run".into());
    }
    args
}

/// `wasmote completions`.
pub fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wasmote", &mut script);
    output::check(io::stdout().write_all(&script))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_args(line: &[&str]) -> ProgramArgs {
        let args = line.iter().map(OsString::from).collect();
        match Cli::try_parse_from(with_subcommand(args)).map(|cli| cli.command) {
            Ok(Command::Run(args)) => args.program,
            Ok(_) => panic!("another subcommand"),
            Err(e) => panic!("{e}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_short_form_is_run() {
        let args = run_args(&["wasmote", "a.wasm", "--fuel", "3", "x"]);
        assert_eq!(
            args.words,
            ["a.wasm", "--fuel", "3", "x"],
            "options after FILE are the program's"
        );
        assert_eq!(args.fuel, None);
        let args = run_args(&["wasmote", "--fuel", "3", "a.wasm"]);
        assert_eq!((args.fuel, args.words.len()), (Some(3), 1));
    }

    #[test]
    fn options_of_run() {
        let args = run_args(&[
            "wasmote",
            "run",
            "--dir",
            ".",
            "--dir=/a::/b",
            "--max-stack",
            "64KiB",
            "p",
            "-v",
        ]);
        assert_eq!(args.dirs, [".", "/a::/b"]);
        assert_eq!(args.max_stack.map(|s| s.0), Some(65536));
        assert_eq!(args.words, ["p", "-v"]);
    }
}
