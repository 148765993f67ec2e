//! The host of chips beside the host in memory: whatever a program does, both say the same and have the same files.

use wasmote_embedded_host::{EmbeddedHost, FlashFiles, Littlefs, Settings, sim::SimFlash};
use wasmote_tests::program::{CREAT, DIRECTORY, EXCL, Program, Result, TRUNC};
use wasmote_wasi::{
    DirRights, Errno, Function, Host, MemHost, Rights, SeededRandom, WasiCtxBuilder,
};

type Flash = SimFlash<4, 4, 512>;
type Fs = Littlefs<Flash, 64, 16, 2>;
type Chip = EmbeddedHost<FlashFiles<Fs, 24, 128>>;

/// Names to work on: files, directories, and what is below them.
const PATHS: [&str; 16] = [
    "a",
    "b",
    "c",
    "dir",
    "dir/a",
    "dir/b",
    "dir/sub",
    "dir/sub/a",
    "other",
    "other/a",
    "other/dir",
    "dir/",
    "./a",
    "dir/../b",
    "a/b",
    "dir/.",
];

/// What is done next, and with what: numbers stand for the descriptors that are open.
#[derive(Clone, Debug)]
enum Step {
    Open(usize, &'static str, u64),
    Close(usize),
    Write(usize, usize, u8),
    Pwrite(usize, u64, usize, u8),
    Read(usize, usize),
    Pread(usize, u64),
    Seek(usize, i64, u64),
    SetSize(usize, u64),
    Allocate(usize, u64, u64),
    Sync(usize),
    Stat(usize),
    List(usize),
    StatAt(usize, &'static str),
    Mkdir(usize, &'static str),
    Rmdir(usize, &'static str),
    Unlink(usize, &'static str),
    Rename(usize, &'static str, usize, &'static str),
    SetTimes(usize, &'static str, u64),
}

struct Random(SeededRandom);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes) as usize % end
    }

    fn path(&mut self) -> &'static str {
        PATHS[self.below(PATHS.len())]
    }

    fn step(&mut self, open: usize) -> Step {
        let fd = self.below(open + 1);
        let dir = match self.below(4) {
            0 => self.below(open + 1),
            _ => 0,
        };
        let length = [0, 1, 7, 64, 65, 300, 700][self.below(7)];
        let offset = [0, 1, 63, 64, 500, 1000][self.below(6)];
        let byte = self.below(256) as u8;
        match self.below(26) {
            0..4 => {
                let flags = [0, CREAT, CREAT | EXCL, TRUNC, CREAT | TRUNC, DIRECTORY];
                Step::Open(dir, self.path(), flags[self.below(6)])
            }
            4..6 => Step::Close(fd),
            6..9 => Step::Write(fd, length, byte),
            9..11 => Step::Pwrite(fd, offset, length, byte),
            11 => Step::Read(fd, length),
            12 => Step::Pread(fd, offset),
            13 => Step::Seek(fd, offset as i64 - 60, self.below(3) as u64),
            14 => Step::SetSize(fd, offset),
            15 => Step::Allocate(fd, offset, length as u64),
            16 => Step::Sync(fd),
            17 => Step::Stat(fd),
            18 => Step::List(fd),
            19 => Step::StatAt(dir, self.path()),
            20 => Step::Mkdir(dir, self.path()),
            21 => Step::Rmdir(dir, self.path()),
            22 => Step::Unlink(dir, self.path()),
            23 | 24 => Step::Rename(dir, self.path(), self.below(open + 1), self.path()),
            _ => Step::SetTimes(dir, self.path(), offset + 1),
        }
    }
}

/// What a step gave: numbers and bytes that must be the same.
fn act<H: Host>(guest: &mut Program<H>, open: &mut Vec<u64>, step: &Step) -> Result<Vec<u8>> {
    // The root is always there, and never closed.
    let fd = |index: usize| if index == 0 { 3 } else { open[index - 1] };
    let none = |()| Vec::new();
    let number = |number: usize| (number as u64).to_le_bytes().to_vec();
    match *step {
        Step::Open(dir, path, flags) => {
            let rights = match flags {
                DIRECTORY => Rights::DIRECTORY,
                _ => Rights::FILE,
            };
            let opened = guest.open(fd(dir), path, flags, rights)?;
            open.push(opened);
            Ok(vec![guest.fdstat(opened)?.0])
        }
        Step::Close(0) => Ok(Vec::new()),
        Step::Close(index) => guest.close(open.remove(index - 1)).map(none),
        Step::Write(index, len, byte) => guest.write(fd(index), &vec![byte; len]).map(number),
        Step::Pwrite(index, at, len, byte) => {
            guest.pwrite(fd(index), &vec![byte; len], at).map(number)
        }
        Step::Read(index, len) => guest.read(fd(index), len),
        Step::Pread(index, at) => guest.pread(fd(index), 600, at),
        Step::Seek(index, offset, whence) => {
            let position = guest.seek(fd(index), offset, whence);
            position.map(|position| number(position as usize))
        }
        Step::SetSize(index, size) => {
            let args = [fd(index), size];
            guest.call(Function::fd_filestat_set_size, &args).map(none)
        }
        Step::Allocate(index, offset, len) => {
            let args = [fd(index), offset, len];
            guest.call(Function::fd_allocate, &args).map(none)
        }
        Step::Sync(index) => guest.call(Function::fd_sync, &[fd(index)]).map(none),
        Step::Stat(index) => guest
            .fstat(fd(index))
            .map(|(filetype, size, _)| [vec![filetype], number(size as usize)].concat()),
        Step::List(index) => {
            guest.readdir(fd(index), 100, 0)?;
            let mut names = guest.names(fd(index), 100);
            names.sort();
            Ok(names.join("\n").into_bytes())
        }
        Step::StatAt(dir, path) => guest
            .stat(fd(dir), path, false)
            .map(|(filetype, size, _)| [vec![filetype], number(size as usize)].concat()),
        Step::Mkdir(dir, path) => guest.mkdir(fd(dir), path).map(none),
        Step::Rmdir(dir, path) => guest.rmdir(fd(dir), path).map(none),
        Step::Unlink(dir, path) => guest.unlink(fd(dir), path).map(none),
        Step::Rename(from, old, to, new) => guest.rename(fd(from), old, fd(to), new).map(none),
        Step::SetTimes(dir, path, time) => {
            guest.set_mtim(fd(dir), path, false, time)?;
            let (_, _, mtim) = guest.stat(fd(dir), path, false)?;
            Ok(number(mtim as usize))
        }
    }
}

/// All paths below a directory, and the contents of files.
fn tree<H: Host>(guest: &mut Program<H>, dir: &str) -> Vec<(String, Option<Vec<u8>>)> {
    let fd = guest.open(3, dir, DIRECTORY, Rights::DIRECTORY).unwrap();
    let mut names = guest.names(fd, 1000);
    guest.close(fd).unwrap();
    names.sort();
    let mut found = Vec::new();
    for name in names.iter().filter(|name| !name.starts_with('.')) {
        let path = format!("{dir}/{name}");
        if guest.stat(3, &path, false).unwrap().0 == 3 {
            found.push((path.clone(), None));
            found.extend(tree(guest, &path));
        } else {
            let contents = guest.contents(3, &path);
            found.push((path, Some(contents)));
        }
    }
    found
}

fn chip(flash: Flash) -> Program<Chip> {
    let settings = Settings {
        block_cycles: 20,
        ..Settings::default()
    };
    let fs = Fs::mount_or_format(flash, &settings);
    let files = FlashFiles::new(fs.map_err(|(errno, _)| errno).unwrap());
    let mut host = EmbeddedHost::new().files(files.map_err(|(errno, _)| errno).unwrap());
    let root = host.files.root().unwrap();
    let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
    Program::new(builder.unwrap().build(host).unwrap())
}

#[test]
fn both_say_the_same() {
    let (mut done, mut failed) = (0, 0);
    for seed in 0..150 {
        let mut random = Random(SeededRandom::new(seed));
        let mut chip = chip(Flash::new(128));
        let mut memory = {
            let mut host = MemHost::new();
            let root = host.fs.root();
            let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
            Program::new(builder.unwrap().build(host).unwrap())
        };
        let (mut on_chip, mut in_memory) = (Vec::new(), Vec::new());
        for count in 0..150 {
            let step = match on_chip.len() {
                open if open > 12 => Step::Close(1),
                open => random.step(open),
            };
            let what = format!("seed {seed}, step {count}: {step:?}");
            let expected = act(&mut memory, &mut in_memory, &step);
            let got = act(&mut chip, &mut on_chip, &step);
            match (&step, &got, &expected) {
                // Into a directory that was removed: it may have been in the one that is to be moved.
                (Step::Rename(..), Err(Errno::NoEnt), Err(Errno::Inval)) => {}
                _ => assert_eq!(got, expected, "{what}"),
            }
            match got {
                Ok(_) => done += 1,
                Err(_) => failed += 1,
            }
            // Everything is found again after a start.
            if random.below(40) == 0 {
                on_chip.drain(..).for_each(|fd| chip.close(fd).unwrap());
                in_memory.drain(..).for_each(|fd| memory.close(fd).unwrap());
                let flash = chip.ctx.host_mut().files.fs().flash().clone();
                chip = self::chip(flash);
                assert_eq!(tree(&mut chip, "."), tree(&mut memory, "."), "{what}");
            }
        }
    }
    println!("{done} calls done, {failed} refused");
    assert!(done > 5000 && failed > 5000, "{done} {failed}");
}
