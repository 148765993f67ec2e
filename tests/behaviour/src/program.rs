//! A program that is Rust code: it calls the functions as a guest would, on a memory of its own.
#![allow(missing_docs)]

use alloc::{string::String, vec, vec::Vec};

use wasmote_wasi::{Abi, Errno, Function, Host, Outcome, Rights, WasiCtx};

pub const CREAT: u64 = 1;
pub const DIRECTORY: u64 = 2;
pub const EXCL: u64 = 4;
pub const TRUNC: u64 = 8;

/// Where results go.
const OUT: usize = 60_000;
const BUF: usize = 8192;

pub type Result<T> = core::result::Result<T, Errno>;

pub struct Entry {
    pub next: u64,
    pub ino: u64,
    pub filetype: u8,
    pub name: String,
}

/// A context and the memory of who calls it.
pub struct Program<H: Host> {
    pub ctx: WasiCtx<H>,
    pub memory: Vec<u8>,
}

impl<H: Host> Program<H> {
    pub fn new(ctx: WasiCtx<H>) -> Self {
        Program {
            ctx,
            memory: vec![0; 1 << 17],
        }
    }

    /// Calls a function. One that fails must leave the memory as it was.
    pub fn call(&mut self, function: Function, args: &[u64]) -> Result<()> {
        let before = self.memory.clone();
        match self
            .ctx
            .call(&mut self.memory, Abi::Preview1, function, args)
        {
            Outcome::Errno(Errno::Success) => Ok(()),
            Outcome::Errno(errno) => {
                assert!(
                    self.memory == before,
                    "{} wrote and failed",
                    function.name()
                );
                Err(errno)
            }
            Outcome::Exit(code) => panic!("exit {code}"),
        }
    }

    fn text(&mut self, at: usize, text: &str) -> [u64; 2] {
        self.memory[at..at + text.len()].copy_from_slice(text.as_bytes());
        [at as u64, text.len() as u64]
    }

    pub fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.memory[at..at + 4].try_into().unwrap())
    }

    pub fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.memory[at..at + 8].try_into().unwrap())
    }

    fn iovec(&mut self, ptr: usize, len: usize) -> u64 {
        self.memory[100..104].copy_from_slice(&(ptr as u32).to_le_bytes());
        self.memory[104..108].copy_from_slice(&(len as u32).to_le_bytes());
        100
    }

    #[allow(clippy::too_many_arguments)]
    pub fn open_with(
        &mut self,
        dir: u64,
        follow: bool,
        path: &str,
        oflags: u64,
        base: Rights,
        inheriting: Rights,
        fdflags: u64,
    ) -> Result<u64> {
        let [ptr, len] = self.text(1000, path);
        let (base, inheriting) = (base.bits(), inheriting.bits());
        let args = [
            dir,
            u64::from(follow),
            ptr,
            len,
            oflags,
            base,
            inheriting,
            fdflags,
            OUT as u64,
        ];
        self.call(Function::path_open, &args)?;
        Ok(u64::from(self.u32(OUT)))
    }

    /// Without following a link at the end, with these rights.
    pub fn open(&mut self, dir: u64, path: &str, oflags: u64, base: Rights) -> Result<u64> {
        self.open_with(dir, false, path, oflags, base, Rights::ALL, 0)
    }

    pub fn create(&mut self, dir: u64, path: &str, contents: &[u8]) {
        let fd = self.open(dir, path, CREAT, Rights::FILE).unwrap();
        assert_eq!(self.write(fd, contents), Ok(contents.len()));
        self.close(fd).unwrap();
    }

    /// A whole file, which is not long.
    pub fn contents(&mut self, dir: u64, path: &str) -> Vec<u8> {
        let fd = self.open(dir, path, 0, Rights::FD_READ).unwrap();
        let contents = self.read(fd, 10_000).unwrap();
        self.close(fd).unwrap();
        contents
    }

    pub fn close(&mut self, fd: u64) -> Result<()> {
        self.call(Function::fd_close, &[fd])
    }

    pub fn write(&mut self, fd: u64, bytes: &[u8]) -> Result<usize> {
        self.memory[BUF..BUF + bytes.len()].copy_from_slice(bytes);
        let iovs = self.iovec(BUF, bytes.len());
        self.call(Function::fd_write, &[fd, iovs, 1, OUT as u64])?;
        Ok(self.u32(OUT) as usize)
    }

    pub fn pwrite(&mut self, fd: u64, bytes: &[u8], offset: u64) -> Result<usize> {
        self.memory[BUF..BUF + bytes.len()].copy_from_slice(bytes);
        let iovs = self.iovec(BUF, bytes.len());
        self.call(Function::fd_pwrite, &[fd, iovs, 1, offset, OUT as u64])?;
        Ok(self.u32(OUT) as usize)
    }

    pub fn read(&mut self, fd: u64, len: usize) -> Result<Vec<u8>> {
        let iovs = self.iovec(BUF, len);
        self.call(Function::fd_read, &[fd, iovs, 1, OUT as u64])?;
        let len = self.u32(OUT) as usize;
        Ok(self.memory[BUF..BUF + len].to_vec())
    }

    pub fn pread(&mut self, fd: u64, len: usize, offset: u64) -> Result<Vec<u8>> {
        let iovs = self.iovec(BUF, len);
        self.call(Function::fd_pread, &[fd, iovs, 1, offset, OUT as u64])?;
        let len = self.u32(OUT) as usize;
        Ok(self.memory[BUF..BUF + len].to_vec())
    }

    pub fn seek(&mut self, fd: u64, offset: i64, whence: u64) -> Result<u64> {
        self.call(Function::fd_seek, &[fd, offset as u64, whence, OUT as u64])?;
        Ok(self.u64(OUT))
    }

    /// A function of a descriptor and a path.
    pub fn path(&mut self, function: Function, dir: u64, path: &str) -> Result<()> {
        let [ptr, len] = self.text(1000, path);
        self.call(function, &[dir, ptr, len])
    }

    pub fn mkdir(&mut self, dir: u64, path: &str) -> Result<()> {
        self.path(Function::path_create_directory, dir, path)
    }

    pub fn rmdir(&mut self, dir: u64, path: &str) -> Result<()> {
        self.path(Function::path_remove_directory, dir, path)
    }

    pub fn unlink(&mut self, dir: u64, path: &str) -> Result<()> {
        self.path(Function::path_unlink_file, dir, path)
    }

    pub fn rename(&mut self, from: u64, old: &str, to: u64, new: &str) -> Result<()> {
        let ([old, old_len], [new, new_len]) = (self.text(1000, old), self.text(2000, new));
        self.call(
            Function::path_rename,
            &[from, old, old_len, to, new, new_len],
        )
    }

    pub fn link(&mut self, from: u64, old: &str, to: u64, new: &str) -> Result<()> {
        let ([old, old_len], [new, new_len]) = (self.text(1000, old), self.text(2000, new));
        self.call(
            Function::path_link,
            &[from, 0, old, old_len, to, new, new_len],
        )
    }

    pub fn symlink(&mut self, text: &str, dir: u64, path: &str) -> Result<()> {
        let ([text, text_len], [path, path_len]) = (self.text(1000, text), self.text(2000, path));
        self.call(
            Function::path_symlink,
            &[text, text_len, dir, path, path_len],
        )
    }

    pub fn readlink(&mut self, dir: u64, path: &str, room: usize) -> Result<String> {
        let [path, path_len] = self.text(1000, path);
        let args = [dir, path, path_len, BUF as u64, room as u64, OUT as u64];
        self.call(Function::path_readlink, &args)?;
        let len = self.u32(OUT) as usize;
        Ok(String::from_utf8(self.memory[BUF..BUF + len].to_vec()).unwrap())
    }

    /// Type, size and modification time.
    pub fn stat(&mut self, dir: u64, path: &str, follow: bool) -> Result<(u8, u64, u64)> {
        let [path, path_len] = self.text(1000, path);
        self.call(
            Function::path_filestat_get,
            &[dir, u64::from(follow), path, path_len, OUT as u64],
        )?;
        Ok((
            self.memory[OUT + 16],
            self.u64(OUT + 32),
            self.u64(OUT + 48),
        ))
    }

    pub fn set_mtim(&mut self, dir: u64, path: &str, follow: bool, mtim: u64) -> Result<()> {
        let [path, path_len] = self.text(1000, path);
        let args = [dir, u64::from(follow), path, path_len, 0, mtim, 4];
        self.call(Function::path_filestat_set_times, &args)
    }

    pub fn fstat(&mut self, fd: u64) -> Result<(u8, u64, u64)> {
        self.call(Function::fd_filestat_get, &[fd, OUT as u64])?;
        Ok((self.memory[OUT + 16], self.u64(OUT + 32), self.u64(OUT + 8)))
    }

    /// Type, flags, base and inheriting rights.
    pub fn fdstat(&mut self, fd: u64) -> Result<(u8, u8, Rights, Rights)> {
        self.call(Function::fd_fdstat_get, &[fd, OUT as u64])?;
        let rights = |bits| Rights::from_bits(bits).unwrap();
        Ok((
            self.memory[OUT],
            self.memory[OUT + 2],
            rights(self.u64(OUT + 8)),
            rights(self.u64(OUT + 16)),
        ))
    }

    /// The whole entries of one call, and whether it was the last.
    pub fn readdir(&mut self, fd: u64, room: usize, cookie: u64) -> Result<(Vec<Entry>, bool)> {
        self.call(
            Function::fd_readdir,
            &[fd, BUF as u64, room as u64, cookie, OUT as u64],
        )?;
        let used = self.u32(OUT) as usize;
        let mut entries = Vec::new();
        let mut at = BUF;
        while at + 24 <= BUF + used {
            let len = self.u32(at + 16) as usize;
            if at + 24 + len > BUF + used {
                break;
            }
            let name = String::from_utf8(self.memory[at + 24..at + 24 + len].to_vec()).unwrap();
            let (next, ino, filetype) = (self.u64(at), self.u64(at + 8), self.memory[at + 20]);
            entries.push(Entry {
                next,
                ino,
                filetype,
                name,
            });
            at += 24 + len;
        }
        Ok((entries, used < room))
    }

    /// All names, read with a buffer of this size.
    pub fn names(&mut self, fd: u64, room: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut cookie = 0;
        loop {
            let (entries, end) = self.readdir(fd, room, cookie).unwrap();
            cookie = entries.last().map_or(cookie, |entry| entry.next);
            names.extend(entries.into_iter().map(|entry| entry.name));
            if end {
                return names;
            }
        }
    }
}
