//! Changes of directories, and the free blocks that they take.

use embedded_storage::nor_flash::NorFlash;
use littlefs_rust_core::{self as lfs, Lfs, LfsMdir};

use super::{Code, NO_BLOCK, Raw, zeroed};

/// What one or two changes of directories take, if these have to be split and moved.
const ENOUGH_BLOCKS: usize = 6;
/// How often the filesystem is searched for that at most, before a change.
const MOST_SEARCHES: u32 = 2;
const DIR_STRUCT: u32 = lfs::lfs_type::lfs_type::LFS_TYPE_DIRSTRUCT;
const FILE_STRUCT: u32 = lfs::lfs_type::lfs_type::LFS_TYPE_CTZSTRUCT;

/// Whether the device says that something is being moved, or that there are orphans.
pub(super) fn is_half_done(fs: &Lfs) -> bool {
    fs.gdisk.tag & (0x7000_0000 | 0x1ff) != 0
}

impl<F: NorFlash, const CACHE: usize, const LOOKAHEAD: usize, const OPEN: usize>
    Raw<F, CACHE, LOOKAHEAD, OPEN>
{
    /// Calls what changes directories.
    ///
    /// If it fails, littlefs keeps what it was about to announce to the device (a move, an orphan) in
    /// memory, and the next change would write that down as a fact: a file that was not moved after all
    /// would be taken away where it is. So the announcement is taken back, unless it has reached the
    /// device, where it is settled before the next change.
    pub(super) fn change(&mut self, act: impl FnOnce(*mut Lfs) -> Code) -> Code {
        let mut code = self.settle();
        if code >= 0 {
            code = self.search();
        }
        if code < 0 {
            return code;
        }
        let (intended, written) = (self.lfs.gstate, self.lfs.gdisk);
        let code = act(self.wired());
        let now = &self.lfs.gdisk;
        if code < 0 && now.tag == written.tag && now.pair == written.pair {
            self.lfs.gstate = intended;
        }
        self.unless_stopped(code)
    }

    /// Finishes a change that is half done on the device, if there is one.
    pub(super) fn settle(&mut self) -> Code {
        if !is_half_done(&self.lfs) {
            return 0;
        }
        match self.search() {
            code if code < 0 => code,
            _ => {
                let code = lfs::lfs_fs_mkconsistent(self.wired());
                self.unless_stopped(code)
            }
        }
    }

    pub(super) fn unless_stopped(&mut self, code: Code) -> Code {
        match core::mem::take(&mut self.device.stopped) {
            true => lfs::LFS_ERR_NOSPC,
            false => code,
        }
    }

    /// Sees to it that littlefs knows of enough free blocks, if there are as many close to each other.
    ///
    /// While a change is half done on the device, littlefs does not see all files: of a move, it hides the
    /// name in the old directory, but the next name as well; of a directory that went to other blocks, it sees
    /// what was there before. If it searched the filesystem for free blocks then, those of other files would
    /// seem free, and be erased. So blocks are searched for before. Should those not do, nothing is erased
    /// ([`Device::may_erase`]), the change fails, and is settled later. If it was power that stopped the
    /// change, what littlefs does not see is searched for here.
    fn search(&mut self) -> Code {
        let window = (8 * LOOKAHEAD as u32).min(self.lfs.block_count);
        let (gstate, gdisk) = (self.lfs.gstate, self.lfs.gdisk);
        let half_done = is_half_done(&self.lfs);
        if half_done {
            // What is known was found without knowing that.
            self.lfs.lookahead.size = 0;
        }
        for announced in [&mut self.lfs.gstate, &mut self.lfs.gdisk] {
            (announced.tag, announced.pair) = (0, [0; 2]);
        }
        let mut code = 0;
        let mut parts = self.lfs.block_count.div_ceil(window).min(MOST_SEARCHES);
        while code >= 0 && parts > 0 && self.known_free() < ENOUGH_BLOCKS {
            parts -= 1;
            let lookahead = &mut self.lfs.lookahead;
            // The next part, from here on.
            lookahead.next = lookahead.size;
            lookahead.size = 0;
            lookahead.ckpoint = self.lfs.block_count;
            // Without anything announced or to be compacted, this is all that it does.
            code = lfs::lfs_fs_gc(self.wired());
            if code >= 0 && half_done {
                code = self.mark_unseen();
            }
        }
        (self.lfs.gstate, self.lfs.gdisk) = (gstate, gdisk);
        self.device.map = self.lfs.lookahead.start;
        code
    }

    /// Marks the blocks that are used by what directories have now, and not only by what they had before they
    /// went to other blocks.
    fn mark_unseen(&mut self) -> Code {
        let mut dir: LfsMdir = zeroed();
        dir.tail = [0, 1];
        let mut code = 0;
        for _ in 0..self.lfs.block_count {
            if code < 0 || dir.tail.contains(&NO_BLOCK) {
                break;
            }
            let pair = dir.tail;
            code = lfs::lfs_dir_fetch(self.wired(), &mut dir, &pair);
            for id in 0..dir.count {
                if code < 0 {
                    break;
                }
                if let Some((DIR_STRUCT, pair)) = self.structure(&dir, id) {
                    code = self.mark_directory(pair);
                }
            }
        }
        code
    }

    /// Marks what is in a directory, and in the one that its end leads to.
    fn mark_directory(&mut self, mut pair: [u32; 2]) -> Code {
        let mut last = false;
        for _ in 0..self.lfs.block_count {
            let mut dir: LfsMdir = zeroed();
            let code = lfs::lfs_dir_fetch(self.wired(), &mut dir, &pair);
            if code < 0 {
                return code;
            }
            self.mark(pair[0]);
            self.mark(pair[1]);
            for id in 0..dir.count {
                if let Some((FILE_STRUCT, [head, size])) = self.structure(&dir, id) {
                    let code = self.mark_file(head, size);
                    if code < 0 {
                        return code;
                    }
                }
            }
            if last || dir.tail.contains(&NO_BLOCK) {
                break;
            }
            last = !dir.split;
            pair = dir.tail;
        }
        0
    }

    /// What kind of structure an entry has, and its two numbers.
    fn structure(&mut self, dir: &LfsMdir, id: u16) -> Option<(u32, [u32; 2])> {
        let (mask, tag) = (
            lfs::lfs_mktag(0x700, 0x3ff, 0),
            lfs::lfs_mktag(DIR_STRUCT, u32::from(id), 8),
        );
        let mut numbers = [0_u32; 2];
        let found = lfs::lfs_dir_get(self.wired(), dir, mask, tag, (&raw mut numbers).cast());
        let kind = u32::try_from(found).ok()? >> 20 & 0x7ff;
        Some((kind, numbers.map(u32::from_le)))
    }

    /// Marks the blocks of a file: each but the first begins with the number of the one before it.
    fn mark_file(&mut self, head: u32, size: u32) -> Code {
        let mut block = head;
        let mut index = self.last_index(size);
        loop {
            self.mark(block);
            if index == 0 {
                return 0;
            }
            index -= 1;
            // Nothing is to be written now, so its buffer is free.
            let len = 4_usize.next_multiple_of(F::READ_SIZE);
            let start = block.saturating_mul(self.config.block_size);
            let Some(buffer) = self.prog_cache.get_mut(..len) else {
                return lfs::LFS_ERR_INVAL;
            };
            if self.device.flash.read(start, buffer).is_err() {
                return lfs::LFS_ERR_IO;
            }
            block = u32::from_le_bytes([buffer[0], buffer[1], buffer[2], buffer[3]]);
        }
    }

    /// The number of a file's last block, counted from 0: block `n` begins with as many numbers of 4 bytes as
    /// `n` has zeros at its end, and one more.
    fn last_index(&self, size: u32) -> u32 {
        let room = self.config.block_size - 8;
        let last = size.saturating_sub(1);
        match last / room {
            0 => 0,
            estimate => (last - 4 * ((estimate - 1).count_ones() + 2)) / room,
        }
    }

    fn mark(&mut self, block: u32) {
        let (lookahead, count) = (&self.lfs.lookahead, self.lfs.block_count);
        let at = block.wrapping_add(count).wrapping_sub(lookahead.start) % count;
        if at < lookahead.size
            && let Some(byte) = self.lookahead.get_mut(at as usize / 8)
        {
            *byte |= 1 << (at % 8);
        }
    }

    /// How many blocks littlefs can take without a search.
    fn known_free(&self) -> usize {
        let lookahead = &self.lfs.lookahead;
        let is_free = |block: &u32| {
            let byte = self.lookahead.get(*block as usize / 8);
            byte.is_some_and(|byte| byte & (1 << (block % 8)) == 0)
        };
        (lookahead.next..lookahead.size).filter(is_free).count()
    }
}
