//! Pins and buses of a chip, as programs use them.

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use embedded_hal_mock::eh1::{
    delay::NoopDelay,
    digital::{Mock as PinMock, State, Transaction as PinStep},
    i2c::{Mock as I2cMock, Transaction as I2cStep},
    spi::{Mock as SpiMock, Transaction as SpiStep},
};
use wasmote::{Engine, Instance, Linker, Module, Store, WasmParams};
use wasmote_embedded_host::peripherals::{Input, Output, add_delay, add_gpio, add_i2c, add_spi};
use wasmote_tests::guest;

struct Board {
    pins: (Output<PinMock>, Input<PinMock>),
    i2c: I2cMock,
    spi: SpiMock<u8>,
    delay: NoopDelay,
}

impl Board {
    fn new(led: &[PinStep], button: &[PinStep], i2c: &[I2cStep], spi: &[SpiStep<u8>]) -> Board {
        Board {
            pins: (Output(PinMock::new(led)), Input(PinMock::new(button))),
            i2c: I2cMock::new(i2c),
            spi: SpiMock::new(spi),
            delay: NoopDelay::new(),
        }
    }

    /// Everything that was expected was done.
    fn done(&mut self) {
        self.pins.0.0.done();
        self.pins.1.0.done();
        self.i2c.done();
        self.spi.done();
    }
}

struct Guest {
    store: Store<Board>,
    instance: Instance,
}

impl Guest {
    fn call(&mut self, name: &str, params: impl WasmParams) -> i32 {
        let func = self.instance.get_typed_func(&self.store, name).unwrap();
        func.call(&mut self.store, params).unwrap()
    }

    fn memory(&self) -> &[u8] {
        let memory = self.instance.get_memory(&self.store, "memory").unwrap();
        memory.data(&self.store)
    }

    fn done(mut self) {
        self.store.data_mut().done();
    }
}

fn instance(board: Board, wasm: &[u8]) -> Guest {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).unwrap();
    let mut linker = Linker::new(&engine);
    add_gpio(&mut linker, |board: &mut Board| &mut board.pins).unwrap();
    add_i2c(&mut linker, |board: &mut Board| &mut board.i2c).unwrap();
    add_spi(&mut linker, |board: &mut Board| &mut board.spi).unwrap();
    add_delay(&mut linker, |board: &mut Board| &mut board.delay).unwrap();
    let mut store = Store::new(&engine, board);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    Guest { store, instance }
}

#[test]
fn a_guest_blinks_and_reads_a_sensor() {
    let wasm = std::fs::read(guest("sensor.wasm")).unwrap();
    let blink = vec![PinStep::set(State::High), PinStep::set(State::Low)];
    let reading = |bytes: [u8; 2]| I2cStep::write_read(0x48, vec![0], bytes.to_vec());
    let button = |level| PinStep::get(level);
    let board = Board::new(
        &[blink.clone(), blink.clone(), blink.clone()].concat(),
        &[button(State::Low), button(State::Low), button(State::High)],
        // 21.5, 22.25 and −3 degrees.
        &[reading([21, 128]), reading([22, 64]), reading([253, 0])],
        &[],
    );
    let mut guest = instance(board, &wasm);
    assert_eq!(guest.call("run", 10), 22 * 256 + 64);
    guest.done();
    // Without a sensor.
    let silence = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
    let none = I2cStep::write_read(0x48, vec![0], vec![0, 0]).with_error(silence);
    let board = Board::new(&blink[..1], &[], &[none], &[]);
    let mut guest = instance(board, &wasm);
    assert_eq!(guest.call("run", 10), -1_000_003);
    guest.done();
}

/// Exports each import, as `module_name`, and calls those that want a memory from where one is.
const ALL: &str = r#"
(module
  (import "i2c" "write" (func $write (param i32 i32 i32) (result i32)))
  (import "i2c" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "i2c" "write_read" (func $both (param i32 i32 i32 i32 i32) (result i32)))
  (import "spi" "transfer" (func $transfer (param i32 i32) (result i32)))
  (func (export "gpio_set") (import "gpio" "set") (param i32 i32) (result i32))
  (func (export "gpio_get") (import "gpio" "get") (param i32) (result i32))
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\02\03\04")
  (data (i32.const 65534) "\aa\bb")
  (func (export "i2c_write") (param i32 i32 i32) (result i32)
    (call $write (local.get 0) (local.get 1) (local.get 2)))
  (func (export "i2c_read") (param i32 i32 i32) (result i32)
    (call $read (local.get 0) (local.get 1) (local.get 2)))
  (func (export "i2c_write_read") (param i32 i32 i32 i32 i32) (result i32)
    (call $both (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
  (func (export "spi_transfer") (param i32 i32) (result i32)
    (call $transfer (local.get 0) (local.get 1))))
"#;

#[test]
fn errors_are_numbers() {
    use wasmote_embedded_host::peripherals::DeviceError as E;
    let error = |step: I2cStep, kind| step.with_error(kind);
    let nack = |source| ErrorKind::NoAcknowledge(source);
    let i2c = [
        I2cStep::write(0x50, vec![2, 3]),
        I2cStep::read(0x50, vec![7, 8, 9]),
        I2cStep::write_read(0x50, vec![7, 8], vec![0xcc, 0xdd]),
        error(
            I2cStep::write(0x50, vec![1]),
            nack(NoAcknowledgeSource::Data),
        ),
        error(
            I2cStep::write(0x50, vec![1]),
            nack(NoAcknowledgeSource::Unknown),
        ),
        error(I2cStep::write(0x50, vec![1]), ErrorKind::Bus),
        error(I2cStep::write(0x50, vec![1]), ErrorKind::ArbitrationLoss),
        error(I2cStep::write(0x50, vec![1]), ErrorKind::Overrun),
        error(I2cStep::write(0x50, vec![1]), ErrorKind::Other),
    ];
    let spi = [
        SpiStep::transaction_start(),
        SpiStep::transfer_in_place(vec![1, 2], vec![9, 8]),
        SpiStep::transaction_end(),
    ];
    let wasm = wat::parse_str(ALL).unwrap();
    let mut guest = instance(Board::new(&[], &[], &i2c, &spi), &wasm);
    assert_eq!(guest.call("i2c_write", (0x50, 1, 2)), 0);
    assert_eq!(guest.call("i2c_read", (0x50, 4, 3)), 0);
    assert_eq!(guest.call("i2c_write_read", (0x50, 4, 2, 65534, 2)), 0);
    assert_eq!(guest.memory()[..7], [1, 2, 3, 4, 7, 8, 9]);
    assert_eq!(guest.memory()[65534..], [0xcc, 0xdd]);
    for expected in [
        E::NoData,
        E::NoAddress,
        E::Bus,
        E::Arbitration,
        E::Overrun,
        E::Other,
    ] {
        assert_eq!(guest.call("i2c_write", (0x50, 0, 1)), expected as i32);
    }
    // What never gets to the bus.
    let outside = E::Fault as i32;
    for (ptr, len) in [(65535, 2), (65536, 1), (u32::MAX, 1), (1, u32::MAX)] {
        assert_eq!(guest.call("i2c_write", (0x50, ptr, len)), outside);
        assert_eq!(guest.call("i2c_read", (0x50, ptr, len)), outside);
        assert_eq!(
            guest.call("i2c_write_read", (0x50, 0, 1, ptr, len)),
            outside
        );
        assert_eq!(
            guest.call("i2c_write_read", (0x50, ptr, len, 0, 1)),
            outside
        );
        assert_eq!(guest.call("spi_transfer", (ptr, len)), outside);
    }
    assert_eq!(guest.call("i2c_write_read", (0x50, 0, 4, 3, 2)), outside);
    for address in [0x80, 0x100, u32::MAX] {
        let refused = E::NoDevice as i32;
        assert_eq!(guest.call("i2c_write", (address, 0, 1)), refused);
        assert_eq!(guest.call("i2c_read", (address, 0, 1)), refused);
    }
    assert_eq!(guest.call("spi_transfer", (0, 2)), 0);
    assert_eq!(guest.memory()[..4], [9, 8, 3, 4]);
    guest.done();
}

#[test]
fn pins_go_one_way() {
    let led = [PinStep::set(State::High), PinStep::set(State::Low)];
    let button = [PinStep::get(State::High), PinStep::get(State::Low)];
    let wasm = wat::parse_str(ALL).unwrap();
    let mut guest = instance(Board::new(&led, &button, &[], &[]), &wasm);
    assert_eq!(guest.call("gpio_set", (0, -5)), 0);
    assert_eq!(guest.call("gpio_set", (0, 0)), 0);
    assert_eq!(guest.call("gpio_get", 1), 1);
    assert_eq!(guest.call("gpio_get", 1), 0);
    for pin in [1, 2, u32::MAX] {
        assert_eq!(guest.call("gpio_set", (pin, 1)), -1);
    }
    for pin in [0, 2, u32::MAX] {
        assert_eq!(guest.call("gpio_get", pin), -1);
    }
    guest.done();
}
