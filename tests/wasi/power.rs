//! Power is cut at every single step in which a program's files change on flash: afterwards the filesystem
//! mounts, names are as before or after the call that was running, and every file has contents that it had
//! since it was last synchronized.

use std::collections::BTreeMap;

use wasmote_embedded_host::{
    EmbeddedHost, FlashFiles, Littlefs, Settings,
    fs::FlashFs,
    sim::{Cut, SimFlash},
};
use wasmote_tests::program::{CREAT, Program, TRUNC};
use wasmote_wasi::{DirRights, Errno, Function, Rights, WasiCtxBuilder};

type Fs<const READ: usize, const WRITE: usize, const ERASE: usize, const CACHE: usize> =
    Littlefs<SimFlash<READ, WRITE, ERASE>, CACHE, 8, 1>;
type Host<const READ: usize, const WRITE: usize, const ERASE: usize, const CACHE: usize> =
    EmbeddedHost<FlashFiles<Fs<READ, WRITE, ERASE, CACHE>, 8, 64>>;

/// What a path has: a directory, or the file with this number.
type Names = BTreeMap<String, Option<u32>>;

/// What is to be found after a cut.
#[derive(Clone, Default)]
struct Model {
    names: Names,
    /// Contents since the last synchronization, the oldest first.
    contents: BTreeMap<u32, Vec<Vec<u8>>>,
}

impl Model {
    fn file(&self, path: &str) -> u32 {
        self.names[path].expect("a file")
    }

    fn now(&self, file: u32) -> Vec<u8> {
        self.contents[&file].last().unwrap().clone()
    }

    fn change(&mut self, file: u32, change: impl FnOnce(&mut Vec<u8>)) {
        let mut contents = self.now(file);
        change(&mut contents);
        self.contents.get_mut(&file).unwrap().push(contents);
    }

    fn write(&mut self, file: u32, at: usize, bytes: &[u8]) {
        // What is between the end and there is filled before.
        self.change(file, |contents| contents.resize(contents.len().max(at), 0));
        self.change(file, |contents| {
            contents.resize(contents.len().max(at + bytes.len()), 0);
            contents[at..at + bytes.len()].copy_from_slice(bytes);
        });
    }

    fn sync(&mut self, file: u32) {
        let now = self.now(file);
        self.contents.insert(file, vec![now]);
    }

    fn create(&mut self, path: &str) {
        let file = self.contents.len() as u32;
        self.contents.insert(file, vec![Vec::new()]);
        self.names.insert(path.into(), Some(file));
    }

    fn rename(&mut self, old: &str, new: &str) {
        let below = format!("{old}/");
        for (path, what) in std::mem::take(&mut self.names) {
            if path == new && old != new {
                continue;
            }
            let moved = match path.strip_prefix(&below) {
                Some(rest) => format!("{new}/{rest}"),
                None if path == old => new.into(),
                None => path,
            };
            self.names.insert(moved, what);
        }
    }

    /// Whether this is what was found.
    fn allows(&self, found: &BTreeMap<String, Option<Vec<u8>>>) -> bool {
        self.names.keys().eq(found.keys())
            && found
                .iter()
                .all(|(path, contents)| match (self.names[path], contents) {
                    (None, None) => true,
                    (Some(file), Some(contents)) => self.contents[&file].contains(contents),
                    _ => false,
                })
    }
}

/// Power is off.
struct Off;
type Done<T = ()> = Result<T, Off>;

/// A program, and what is known of its files.
struct World<const READ: usize, const WRITE: usize, const ERASE: usize, const CACHE: usize> {
    guest: Program<Host<READ, WRITE, ERASE, CACHE>>,
    model: Model,
    /// As it is if the call that was running was done.
    pending: Option<Model>,
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize, const CACHE: usize>
    World<READ, WRITE, ERASE, CACHE>
{
    fn mount(
        flash: SimFlash<READ, WRITE, ERASE>,
        settings: &Settings,
        model: Model,
    ) -> Result<Self, Box<SimFlash<READ, WRITE, ERASE>>> {
        let fs = Fs::mount(flash, settings).map_err(|(_, flash)| flash)?;
        let files = FlashFiles::new(fs).map_err(|(_, fs)| fs.into_flash())?;
        let mut host = EmbeddedHost::new().files(files);
        let root = host.files.root().unwrap();
        let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
        Ok(World {
            guest: Program::new(builder.unwrap().build(host).unwrap()),
            model,
            pending: None,
        })
    }

    fn fs(&mut self) -> &mut Fs<READ, WRITE, ERASE, CACHE> {
        self.guest.ctx.host_mut().files.fs()
    }

    fn into_flash(self) -> SimFlash<READ, WRITE, ERASE> {
        // Descriptors are left open: power is off.
        let (host, _) = self.guest.ctx.finish();
        host.files.into_fs().into_flash()
    }

    /// Makes a call, and notes what it does.
    fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Program<Host<READ, WRITE, ERASE, CACHE>>) -> Result<T, Errno>,
        effect: impl FnOnce(&mut Model),
    ) -> Done<T> {
        let mut after = self.model.clone();
        effect(&mut after);
        match call(&mut self.guest) {
            Ok(value) => {
                self.model = after;
                Ok(value)
            }
            Err(errno) => {
                assert!(self.fs().flash().is_off(), "{errno:?}");
                self.pending = Some(after);
                Err(Off)
            }
        }
    }

    fn open(&mut self, path: &str, oflags: u64, fdflags: u64) -> Done<u64> {
        let exists = self.model.names.contains_key(path);
        self.call(
            |guest| guest.open_with(3, false, path, oflags, Rights::FILE, Rights::EMPTY, fdflags),
            |model| match exists {
                false => model.create(path),
                true if oflags & TRUNC != 0 => model.change(model.file(path), Vec::clear),
                true => {}
            },
        )
    }

    fn write(&mut self, fd: u64, file: u32, at: usize, bytes: &[u8]) -> Done {
        let written = self.call(
            |guest| guest.pwrite(fd, bytes, at as u64),
            |model| model.write(file, at, bytes),
        )?;
        assert_eq!(written, bytes.len());
        Ok(())
    }

    fn append(&mut self, fd: u64, file: u32, bytes: &[u8]) -> Done {
        let at = self.model.now(file).len();
        let written = self.call(
            |guest| guest.write(fd, bytes),
            |model| model.write(file, at, bytes),
        )?;
        assert_eq!(written, bytes.len());
        Ok(())
    }

    fn set_size(&mut self, fd: u64, file: u32, size: usize) -> Done {
        self.call(
            |guest| guest.call(Function::fd_filestat_set_size, &[fd, size as u64]),
            |model| model.change(file, |contents| contents.resize(size, 0)),
        )
    }

    fn sync(&mut self, fd: u64, file: u32) -> Done {
        self.call(
            |guest| guest.call(Function::fd_sync, &[fd]),
            |model| model.sync(file),
        )
    }

    fn close(&mut self, fd: u64, file: u32) -> Done {
        self.call(|guest| guest.close(fd), |model| model.sync(file))
    }

    fn create(&mut self, path: &str, contents: &[u8]) -> Done {
        let fd = self.open(path, CREAT | TRUNC, 0)?;
        let file = self.model.file(path);
        self.write(fd, file, 0, contents)?;
        self.close(fd, file)
    }

    fn mkdir(&mut self, path: &str) -> Done {
        self.call(
            |guest| guest.mkdir(3, path),
            |model| _ = model.names.insert(path.into(), None),
        )
    }

    fn rmdir(&mut self, path: &str) -> Done {
        self.call(
            |guest| guest.rmdir(3, path),
            |model| _ = model.names.remove(path),
        )
    }

    fn unlink(&mut self, path: &str) -> Done {
        self.call(
            |guest| guest.unlink(3, path),
            |model| _ = model.names.remove(path),
        )
    }

    fn rename(&mut self, old: &str, new: &str) -> Done {
        self.call(
            |guest| guest.rename(3, old, 3, new),
            |model| model.rename(old, new),
        )
    }

    /// Everything that a program can do to files.
    fn work(&mut self) -> Done {
        for dir in ["etc", "log", "tmp"] {
            self.mkdir(dir)?;
        }
        // A log, synchronized now and then.
        let log = self.open("log/app", CREAT, 1)?;
        let log_file = self.model.file("log/app");
        for line in 0..9 {
            let text = format!("{line}: something happened on the way to work\n");
            self.append(log, log_file, text.as_bytes())?;
            if line % 3 == 2 {
                self.sync(log, log_file)?;
            }
        }
        // A configuration that is replaced as a whole, the old one being open or not.
        for version in 0..5_u8 {
            let old = match version {
                1 | 3 => Some((
                    self.open("etc/config", 0, 0)?,
                    self.model.file("etc/config"),
                )),
                _ => None,
            };
            self.create("tmp/config", &[version; 150])?;
            self.rename("tmp/config", "etc/config")?;
            if let Some((fd, file)) = old {
                let contents = self.call(|guest| guest.pread(fd, 200, 0), |_| {})?;
                assert_eq!(contents, [version - 1; 150]);
                self.write(fd, file, 0, b"nobody will see this")?;
                self.close(fd, file)?;
            }
        }
        // A file of several blocks that grows, is changed in the middle, cut, and enlarged; meanwhile the log
        // goes on.
        let big = self.open("big", CREAT, 0)?;
        let file = self.model.file("big");
        for chunk in 0..10_u8 {
            self.write(big, file, usize::from(chunk) * 230, &[b'a' + chunk; 230])?;
            match chunk {
                3 => self.sync(big, file)?,
                5 => self.append(log, log_file, b"half of it\n")?,
                _ => {}
            }
        }
        self.sync(big, file)?;
        self.write(big, file, 700, &[b'M'; 90])?;
        self.sync(big, file)?;
        self.write(big, file, 10, b"beginning")?;
        self.set_size(big, file, 900)?;
        self.sync(big, file)?;
        self.set_size(big, file, 1200)?;
        self.write(big, file, 1300, b"behind a gap")?;
        self.set_size(big, file, 20)?;
        self.close(big, file)?;
        // Enough names that their directory takes more than a block.
        for index in 0..14_u8 {
            self.create(
                &format!("tmp/number.{index}"),
                &vec![index; index as usize * 9],
            )?;
        }
        self.rename("tmp", "etc/old")?;
        for index in 0..7 {
            self.unlink(&format!("etc/old/number.{index}"))?;
        }
        self.rename("etc/old/number.8", "etc/old/number.9")?;
        self.rename("etc/old/number.10", "ten")?;
        // A file that loses its name while it is used.
        let lost = self.open("ten", 0, 0)?;
        let lost_file = self.model.file("ten");
        self.unlink("ten")?;
        self.write(lost, lost_file, 0, &[b'x'; 400])?;
        self.close(lost, lost_file)?;
        // Directories come, move, replace each other, and go.
        for dir in ["x", "x/y", "z"] {
            self.mkdir(dir)?;
        }
        self.rename("x/y", "y")?;
        self.create("y/file", b"in y")?;
        self.rmdir("x")?;
        self.rename("y", "z")?;
        self.unlink("z/file")?;
        self.rmdir("z")?;
        self.create("etc/config", b"last")?;
        self.close(log, log_file)
    }

    /// All files and directories.
    fn look(&mut self) -> BTreeMap<String, Option<Vec<u8>>> {
        let mut found = BTreeMap::new();
        let mut todo = vec![String::from(".")];
        while let Some(dir) = todo.pop() {
            let fd = self.guest.open(3, &dir, 2, Rights::DIRECTORY).unwrap();
            for name in self.guest.names(fd, 1000) {
                if name == "." || name == ".." {
                    continue;
                }
                let path = match dir.as_str() {
                    "." => name,
                    dir => format!("{dir}/{name}"),
                };
                let contents = match self.guest.stat(3, &path, false).unwrap().0 {
                    3 => {
                        todo.push(path.clone());
                        None
                    }
                    _ => Some(self.guest.contents(3, &path)),
                };
                found.insert(path, contents);
            }
            self.guest.close(fd).unwrap();
        }
        found
    }

    /// Compares with what may be there, and goes on from there.
    fn check(&mut self, pending: Option<&Model>, what: &str) {
        let found = self.look();
        let fits = |model: &Model| model.allows(&found);
        let model = match pending.filter(|pending| fits(pending)) {
            Some(pending) => pending,
            None => &self.model,
        };
        if !fits(model) {
            for (path, contents) in &found {
                if let (Some(Some(file)), Some(contents)) = (model.names.get(path), contents)
                    && !model.contents[file].contains(contents)
                {
                    println!("{path} is {contents:?}");
                }
            }
            let lengths = found
                .iter()
                .map(|(path, contents)| (path, contents.as_ref().map(Vec::len)));
            let show = |model: &Model| {
                let lengths = model.names.iter().map(|(path, file)| {
                    let lengths = |file| model.contents[&file].iter().map(Vec::len).collect();
                    (path.clone(), file.map(lengths))
                });
                lengths.collect::<BTreeMap<_, Option<Vec<_>>>>()
            };
            panic!(
                "{what}:\nfound {:?}\nbefore {:?}\nafter {:?}",
                lengths.collect::<BTreeMap<_, _>>(),
                show(&self.model),
                pending.map(show)
            );
        }
        let mut model = model.clone();
        for (path, contents) in found {
            if let Some(contents) = contents {
                model.contents.insert(model.file(&path), vec![contents]);
            }
        }
        self.model = model;
        // No file without a name is left.
        self.fs()
            .list(c"/", 0, &mut |_, name, _| {
                assert_ne!(name[0], 0xff, "{what}");
                true
            })
            .unwrap();
    }
}

/// Cuts power everywhere; tells how many times.
fn cut_everywhere<const READ: usize, const WRITE: usize, const ERASE: usize, const CACHE: usize>(
    units: usize,
    settings: &Settings,
) -> u64 {
    type Of<const R: usize, const W: usize, const E: usize, const C: usize> = World<R, W, E, C>;
    let fresh = SimFlash::<READ, WRITE, ERASE>::new(units);
    let formatted = Fs::<READ, WRITE, ERASE, CACHE>::format(fresh, settings);
    let formatted = formatted.map_err(|(errno, _)| errno).unwrap().into_flash();
    let first = formatted.steps();
    let mount = |flash, model| {
        let world = Of::<READ, WRITE, ERASE, CACHE>::mount(flash, settings, model);
        world.map_err(|_| "does not mount").unwrap()
    };
    // Without a cut, to know how long it is.
    let mut world = mount(formatted.clone(), Model::default());
    assert!(world.work().is_ok());
    let flash = world.into_flash();
    assert_eq!(flash.violations(), 0);
    let last = flash.steps();
    let mut cuts = 0;
    for step in first..last {
        for cut in Cut::ALL {
            let what = format!("{READ}/{WRITE}/{ERASE}, step {step}, {cut:?}");
            let mut flash = formatted.clone();
            flash.cut_at(step, cut);
            let mut world = mount(flash, Model::default());
            assert!(world.work().is_err(), "{what}");
            let (model, pending) = (world.model.clone(), world.pending.take());
            let mut flash = world.into_flash();
            flash.power_on();
            // Power goes again while things are put in order, or right after.
            if step % 5 == 0 {
                let again = flash.steps() + step / 5 % 4;
                flash.cut_at(again, cut);
                flash =
                    match World::<READ, WRITE, ERASE, CACHE>::mount(flash, settings, model.clone())
                    {
                        Ok(mut world) => {
                            let _ = world.guest.mkdir(3, "again");
                            let _ = world.guest.rmdir(3, "again");
                            world.into_flash()
                        }
                        Err(flash) => *flash,
                    };
                flash.power_on();
                let mut world = mount(flash, model.clone());
                // Nothing of that was anybody's wish.
                let _ = world.guest.rmdir(3, "again");
                flash = world.into_flash();
            }
            let mut world = mount(flash, model);
            world.check(pending.as_ref(), &what);
            // It goes on as if nothing had been.
            assert!(world.create("afterwards", &[b'!'; 300]).is_ok(), "{what}");
            assert!(world.mkdir("later").is_ok(), "{what}");
            assert!(world.rename("afterwards", "later/on").is_ok(), "{what}");
            let model = world.model.clone();
            let flash = world.into_flash();
            assert_eq!(flash.violations(), 0, "{what}");
            mount(flash, model).check(None, &what);
            cuts += 1;
        }
    }
    println!(
        "{READ}/{WRITE}/{ERASE}: {cuts} cuts, in each of {} steps",
        last - first
    );
    cuts
}

#[test]
fn serial_flash() {
    let settings = Settings {
        block_cycles: 20,
        ..Settings::default()
    };
    assert!(cut_everywhere::<1, 1, 512, 64>(64, &settings) > 1000);
}

#[test]
fn flash_of_a_small_chip() {
    let settings = Settings {
        block_cycles: 3,
        ..Settings::default()
    };
    assert!(cut_everywhere::<4, 4, 1024, 64>(40, &settings) > 1000);
}

#[test]
fn flash_that_is_programmed_in_lines() {
    let settings = Settings {
        erase_units: 2,
        block_cycles: 100,
        ..Settings::default()
    };
    assert!(cut_everywhere::<8, 32, 256, 128>(160, &settings) > 1000);
}
