//! How much RAM the parts take, and how much stack.

use core::{arch::asm, mem::size_of};
use cortex_m as _;

use semihosting::println;
use wasmote_embedded_host::{
    EmbeddedHost, FlashFiles, Littlefs, Settings,
    sim::SimFlash,
    wasmote_wasi::{
        Abi, DirRights, Function, WasiCtxBuilder,
        host::{Files, OpenHow, Opened, SetTime},
    },
};

/// The flash of a small chip. What it has is on the heap.
type Flash = SimFlash<1, 4, 1024>;
type Small = FlashFiles<Littlefs<Flash, 64, 8, 1>, 4, 64>;
type Large = FlashFiles<Littlefs<Flash, 256, 32, 4>, 16, 256>;

/// Free stack is filled with this.
const PAINT: u32 = 0x5afe_5afe;
/// How far down it is filled.
const DEPTH: usize = 64 << 10;

fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer) };
    pointer
}

/// How many bytes of stack a function takes below this one.
#[inline(never)]
fn stack_of(work: impl FnOnce()) -> usize {
    let top = stack_pointer() & !3;
    // A little is left for this function's own calls.
    for at in (top - DEPTH..top - 64).step_by(4) {
        // SAFETY: below the stack pointer is nothing but free memory.
        unsafe { (at as *mut u32).write_volatile(PAINT) };
    }
    work();
    let mut at = top - DEPTH;
    // SAFETY: as above.
    while unsafe { (at as *const u32).read_volatile() } == PAINT {
        at += 4;
    }
    top - at
}

#[inline(never)]
fn files() -> Small {
    let flash = Flash::new(64);
    let Ok(fs) = Littlefs::format(flash, &Settings::default()) else {
        panic!("does not format");
    };
    let Ok(files) = FlashFiles::new(fs) else {
        panic!("does not mount");
    };
    files
}

pub fn run() -> ! {
    let driver = size_of::<Flash>();
    println!("ram small {}", size_of::<Small>() - driver);
    println!("ram large {}", size_of::<Large>() - driver);
    let mut host = EmbeddedHost::new().files(files());
    let mount = stack_of(|| drop(core::hint::black_box(files())));
    println!("stack mount {mount}");
    let work = stack_of(|| work(&mut host));
    println!("stack files {work}");
    let root = host.files.root().expect("root");
    let builder = WasiCtxBuilder::new().preopen(root, "/", DirRights::READ_WRITE);
    let mut ctx = builder.expect("builds").build(host).expect("builds");
    let mut memory = [0; 256];
    memory[..8].copy_from_slice(b"dir/file");
    let wasi = stack_of(|| {
        let args = [3, 0, 0, 8, 1, 0xff_ffff, 0, 0, 64];
        for _ in 0..20 {
            ctx.call(&mut memory, Abi::Preview1, Function::path_open, &args);
        }
        let args = [3, 100, 100, 0, 64];
        ctx.call(&mut memory, Abi::Preview1, Function::fd_readdir, &args);
    });
    println!("stack wasi {wasi}");
    semihosting::process::exit(0)
}

/// Everything that takes stack: directories that are split and moved, files that grow and are rewritten, a full flash.
#[inline(never)]
fn work(host: &mut EmbeddedHost<Small>) {
    let root = host.files.root().expect("root");
    host.dir_create_directory(&root, "dir").expect("mkdir");
    let how = OpenHow {
        read: true,
        write: true,
        create: true,
        ..OpenHow::default()
    };
    for round in 0..40_u8 {
        let mut name = *b"dir/file.00";
        name[9] += round / 10;
        name[10] += round % 10;
        let name = core::str::from_utf8(&name).expect("text");
        let Ok(Opened::File(mut file)) = host.dir_open(&root, name, &how) else {
            break;
        };
        let _ = host.file_write_at(&mut file, &[&[round; 300], &[round; 200]], 0);
        let _ = host.file_write_at(&mut file, &[&[round; 30]], 100);
        let _ = host.file_set_size(&mut file, 900);
        let _ = host.file_sync(&mut file, false);
        let _ = host.file_read_at(&mut file, &mut [&mut [0; 30]], 100);
        let _ = host.dir_unlink_file(&root, "moved");
        let _ = host.file_close(file);
        if round % 3 == 0 {
            let _ = host.dir_rename(&root, name, &root, "moved");
        }
        let _ = host.dir_set_times_at(&root, name, false, SetTime::At(1), SetTime::At(2));
    }
    let mut list = host.files.dir("dir").expect("dir");
    let _ = host.dir_read(&mut list, 0, &mut |_| true);
    host.dir_close(list).expect("close");
    host.dir_close(root).expect("close");
}
