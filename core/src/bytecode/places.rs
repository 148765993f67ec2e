//! Where operands may be, and the closed sets of combinations that forms exist for.
//!
//! Every set is written once, as a list of names that are both variants of [`Place`] (encoding) and
//! types in `exec::operand` (handlers), so that forms and handlers cannot get out of step. Which sets
//! there are is the budget of handler code. There are two families: the full sets, which `dispatch-full` has
//! handlers for, and the small ones, for chips and images: operands in slots, and no fused ops.

use super::{TO_SLOT, Ty};

/// Where an operand is read from, as far as the form of an op is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Slot,
    Acc,
    /// The machine's registers for a function's hottest locals, of integer types.
    Pin0,
    Pin1,
    /// A constant in the instruction's first operand word: 16 bits where two operands share it.
    Imm,
    /// A 32-bit constant in the second operand word.
    Wide,
    /// A 64-bit constant in the second operand word.
    Long,
}

/// How many places there are.
const PLACES: usize = Place::Long as usize + 1;

/// Hands the set of that name for operands, or results, of a Rust type to the macro `$apply`, behind `$pre`: the set
/// that this build's handlers are for.
#[cfg(full_dispatch)]
macro_rules! for_places {
    ($set:tt $ty:ident, $apply:ident! $pre:tt) => {
        for_full_places! { $set $ty, $apply! $pre }
    };
}
#[cfg(not(full_dispatch))]
macro_rules! for_places {
    ($set:tt $ty:ident, $apply:ident! $pre:tt) => {
        for_small_places! { $set $ty, $apply! $pre }
    };
}
pub(crate) use for_places;

/// The full sets.
macro_rules! for_full_places {
    ($set:tt f32, $apply:ident! $pre:tt) => {
        for_float_places! { $set, $apply! $pre }
    };
    ($set:tt f64, $apply:ident! $pre:tt) => {
        for_float_places! { $set, $apply! $pre }
    };
    ($set:tt v128, $apply:ident! $pre:tt) => {
        for_vector_places! { $set, $apply! $pre }
    };
    ((pairs [$mirror:ident]) u64, $apply:ident! $pre:tt) => {
        for_long_places! { $mirror, $apply! $pre }
    };
    ((pairs [$mirror:ident]) i64, $apply:ident! $pre:tt) => {
        for_long_places! { $mirror, $apply! $pre }
    };
    ($set:tt $int:ident, $apply:ident! $pre:tt) => {
        for_int_places! { $set, $apply! $pre }
    };
}
pub(crate) use for_full_places;

/// The small sets: a machine of slots, without accumulators, pins and fused ops.
macro_rules! for_small_places {
    (sources $ty:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot } };
    (choices $ty:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot } };
    (dests $ty:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToSlot } };
    (copied_to $ty:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToSlot } };
    ($set:tt f32, $apply:ident! $pre:tt) => { for_small_float_places! { $set, $apply! $pre } };
    ($set:tt f64, $apply:ident! $pre:tt) => { for_small_float_places! { $set, $apply! $pre } };
    ($set:tt v128, $apply:ident! $pre:tt) => { for_small_float_places! { $set, $apply! $pre } };
    (values $int:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Imm } };
    ((pairs $mirror:tt) $int:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Imm) } };
    (branches $int:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Imm) } };
    (sums $int:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) } };
    // No pins, and nothing is fused.
    ($set:ident $int:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
}
pub(crate) use for_small_places;

macro_rules! for_small_float_places {
    (values, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot } };
    ((pairs $mirror:tt), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) } };
    (branches, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) } };
    ($set:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
}
pub(crate) use for_small_float_places;

macro_rules! for_float_places {
    // What unary ops, conditions and indices read.
    (sources, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc } };
    // What stores write, and the bases of addresses.
    (values, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Imm } };
    // What a select chooses from.
    (choices, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Imm } };
    (dests, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToAccum ToSlot ToBoth } };
    // Operands of binary ops. Where there is a mirror op, one order of two places is enough. (Accumulators twice:
    // squares, which would wait for a slot otherwise.)
    ((pairs [$mirror:ident]), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) (Acc, Acc)
    } };
    ((pairs []), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) (Acc, Slot) (Imm, Slot) (Imm, Acc) (Acc, Acc)
    } };
    // Operands of comparisons that branch.
    (branches, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) (Slot, Long) (Acc, Long) (Acc, Acc) } };
    // Fused ops: operands besides the one just computed, and those of what computes it (with a mirror op,
    // without, with a constant only); bases of addresses; counters and what they are compared with.
    (others, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot } };
    (mirrored, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Acc, Slot) (Acc, Acc) } };
    (ordered, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Acc, Slot) (Slot, Acc) } };
    (bases, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Pin0 Pin1 } };
    ($set:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
}
pub(crate) use for_float_places;

macro_rules! for_vector_places {
    (sources, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc } };
    (values, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc } };
    (dests, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToAccum ToSlot } };
    ((pairs [$mirror:ident]), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) } };
    ((pairs []), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) (Acc, Slot) } };
    // Nothing is fused.
    ($set:ident, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
}
pub(crate) use for_vector_places;

/// Pairs of 64-bit integers: those of all integers, and constants that do not fit 32 bits.
macro_rules! for_long_places {
    ($mirror:ident, $apply:ident! { $($pre:tt)* }) => { for_int_places! { (pairs [$mirror]), $apply! { $($pre)*
        (Slot, Long) (Acc, Long) (Pin0, Long) (Pin1, Long)
    } } };
}
pub(crate) use for_long_places;

macro_rules! for_int_places {
    (sources, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Pin0 Pin1 } };
    (values, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Pin0 Pin1 Imm } };
    (choices, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Pin0 Pin1 Imm } };
    (pins, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Pin0 Pin1 } };
    (copied_to, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToSlot ToPin0 ToPin1 } };
    (dests, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToAccum ToSlot ToBoth ToPin0 ToPin1 } };
    ((pairs [$mirror:ident]), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Pin0) (Slot, Pin1) (Slot, Imm)
        (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Pin1) (Pin1, Imm)
    } };
    ((pairs []), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Pin0) (Slot, Pin1) (Slot, Imm)
        (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Pin1) (Pin1, Imm)
        (Acc, Slot) (Pin0, Slot) (Pin0, Acc) (Pin1, Slot) (Pin1, Acc) (Pin1, Pin0)
        (Imm, Slot) (Imm, Acc) (Imm, Pin0) (Imm, Pin1)
    } };
    (branches, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Pin0) (Slot, Pin1) (Slot, Imm)
        (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Pin1) (Pin1, Imm)
        (Slot, Wide) (Acc, Wide) (Pin0, Wide) (Pin1, Wide)
    } };
    // Addends of an address.
    (sums, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Pin0) (Slot, Pin1) (Slot, Imm)
        (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Pin1) (Pin1, Imm)
        (Slot, Wide) (Acc, Wide) (Pin0, Wide) (Pin1, Wide)
    } };
    (others, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Pin0 Pin1 Imm } };
    (mirrored, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Pin0) (Slot, Pin1) (Slot, Imm) (Acc, Slot) (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Pin1) (Pin1, Imm)
    } };
    (ordered, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Pin0) (Slot, Pin1) (Slot, Imm) (Acc, Slot) (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Slot) (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Slot) (Pin1, Pin0) (Pin1, Pin1) (Pin1, Imm)
        (Slot, Acc) (Pin0, Acc) (Pin1, Acc)
    } };
    (constants, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Imm) (Acc, Imm) (Pin0, Imm) (Pin1, Imm) } };
    (bases, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Pin0 Pin1 } };
    (counters, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, ToBoth) (Pin0, ToPin0) (Pin1, ToPin1) } };
    (bounds, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Pin0 Pin1 Imm Wide } };
    // Where a fused op keeps a value that it goes on with.
    (kept, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToBoth ToPin0 ToPin1 } };
    (copied, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Pin0 Pin1 Imm } };
    (copy_dests, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToSlot ToPin0 ToPin1 } };
}
pub(crate) use for_int_places;

/// Places of one operand, with the way back from a place to its number.
#[derive(Debug)]
pub(crate) struct Singles {
    pub(crate) places: &'static [Place],
    index: [u8; PLACES],
}

/// The same of two operands.
#[derive(Debug)]
pub(crate) struct Pairs {
    pub(crate) places: &'static [(Place, Place)],
    index: [[u8; PLACES]; PLACES],
}

const NONE: u8 = u8::MAX;

impl Singles {
    const fn new(places: &'static [Place]) -> Singles {
        let mut index = [NONE; PLACES];
        let mut i = 0;
        while i < places.len() {
            index[places[i] as usize] = i as u8;
            i += 1;
        }
        Singles { places, index }
    }

    pub(crate) const fn len(&self) -> u16 {
        self.places.len() as u16
    }

    /// The number of a place; `None` where no form exists.
    pub(crate) fn find(&self, place: Place) -> Option<u16> {
        let i = self.index[place as usize];
        (i != NONE).then_some(i as u16)
    }
}

impl Pairs {
    const fn new(places: &'static [(Place, Place)]) -> Pairs {
        let mut index = [[NONE; PLACES]; PLACES];
        let mut i = 0;
        while i < places.len() {
            index[places[i].0 as usize][places[i].1 as usize] = i as u8;
            i += 1;
        }
        Pairs { places, index }
    }

    pub(crate) const fn len(&self) -> u16 {
        self.places.len() as u16
    }

    /// The number of two places; `None` where no form exists.
    pub(crate) fn find(&self, a: Place, b: Place) -> Option<u16> {
        let i = self.index[a as usize][b as usize];
        (i != NONE).then_some(i as u16)
    }
}

macro_rules! singles {
    ($($place:ident)*) => { Singles::new(&[$(Place::$place),*]) };
}
macro_rules! pairs {
    ($(($a:ident, $b:ident))*) => { Pairs::new(&[$((Place::$a, Place::$b)),*]) };
}
macro_rules! counters {
    ($(($place:ident, $dest:ident))*) => { Singles::new(&[$(Place::$place),*]) };
}
macro_rules! count {
    ($($dest:ident)*) => { <[&str]>::len(&[$(stringify!($dest)),*]) as u16 };
}

/// Operands of the first half of a fused op.
#[derive(Debug)]
pub(crate) struct Chained {
    /// One order is enough: there is a mirror op.
    pub(crate) mirrored: Pairs,
    pub(crate) ordered: Pairs,
    /// With a constant on the right.
    pub(crate) constants: Pairs,
}

/// Which of them.
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types, reason = "the names in rows")]
pub(crate) enum Xy {
    mirrored,
    ordered,
    constants,
}

impl Chained {
    pub(crate) const fn of(&self, xy: Xy) -> &Pairs {
        match xy {
            Xy::mirrored => &self.mirrored,
            Xy::ordered => &self.ordered,
            Xy::constants => &self.constants,
        }
    }
}

/// The sets that depend on whether operands, or results, are integers or floats.
#[derive(Debug)]
pub(crate) struct Sets {
    pub(crate) sources: Singles,
    pub(crate) values: Singles,
    pub(crate) choices: Singles,
    pub(crate) mirrored: Pairs,
    pub(crate) ordered: Pairs,
    pub(crate) branches: Pairs,
    /// What fused ops read besides what they compute themselves.
    pub(crate) others: Singles,
    /// What the first half of a fused op reads.
    pub(crate) chained: Chained,
    /// Bases of addresses that are fused with the value stored there.
    pub(crate) bases: Singles,
    /// Counters that are stepped, compared and branched on, and what they are compared with.
    pub(crate) counters: Singles,
    pub(crate) bounds: Singles,
    /// Destination forms of a result; they follow each other.
    pub(crate) dests: u16,
}

/// All of them: what the numbers of forms follow from.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) int: Sets,
    pub(crate) float: Sets,
    pub(crate) vector: Sets,
    /// `mirrored` of 64-bit integers.
    pub(crate) long: Pairs,
    /// Addends of an address that a load or store computes itself, wrapping at 32 bits.
    pub(crate) sums: Pairs,
    /// What `copy` reads.
    pub(crate) copies: &'static [CopyFrom],
    /// What pairs of copies, and copies before a branch, read; how many places they write.
    pub(crate) copied: Singles,
    pub(crate) copy_dests: u16,
    /// Destinations of values that are kept.
    pub(crate) kept: u16,
    /// How many pins forms exist for.
    pub(crate) pins: usize,
    /// Whether there are accumulators. A single result is returned in one.
    pub(crate) accumulators: bool,
}

impl Places {
    /// Whether opcodes are those of images, where each block of the table has its own range.
    pub(crate) const fn in_blocks(&self) -> bool {
        !self.accumulators
    }
}

/// What `copy` reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CopyFrom {
    Slot,
    /// A slot to a slot, both named in 16 bits.
    Far,
    /// Constants: see the fields of these names.
    Imm16,
    Imm24,
    Imm32,
    Imm64,
    Acc,
    F32Acc,
    F64Acc,
    Pin0,
    Pin1,
}

macro_rules! sets {
    ($which:ident, $ty:ident) => {
        Sets {
            sources: $which!(sources $ty, singles! {}),
            values: $which!(values $ty, singles! {}),
            choices: $which!(choices $ty, singles! {}),
            mirrored: $which!((pairs [Mirror]) $ty, pairs! {}),
            ordered: $which!((pairs []) $ty, pairs! {}),
            branches: $which!(branches $ty, pairs! {}),
            others: $which!(others $ty, singles! {}),
            chained: Chained {
                mirrored: $which!(mirrored $ty, pairs! {}),
                ordered: $which!(ordered $ty, pairs! {}),
                constants: $which!(constants $ty, pairs! {}),
            },
            bases: $which!(bases $ty, singles! {}),
            counters: $which!(counters $ty, counters! {}),
            bounds: $which!(bounds $ty, singles! {}),
            dests: $which!(dests $ty, count! {}),
        }
    };
}
macro_rules! places {
    ($which:ident, $($special:tt)*) => {
        Places {
            int: sets!($which, u32),
            float: sets!($which, f64),
            vector: sets!($which, v128),
            long: $which!((pairs [Mirror]) u64, pairs! {}),
            sums: $which!(sums u32, pairs! {}),
            copied: $which!(copied u64, singles! {}),
            copy_dests: $which!(copy_dests u64, count! {}),
            kept: $which!(kept u32, count! {}),
            $($special)*
        }
    };
}

/// What hosts execute.
pub(crate) const FULL: &Places = &places! { for_full_places,
    copies: {
        use CopyFrom::*;
        &[Slot, Acc, F32Acc, F64Acc, Imm32, Imm64, Pin0, Pin1]
    },
    pins: 2,
    accumulators: true,
};

/// What small builds execute, and images hold.
pub(crate) const SMALL: &Places = &places! { for_small_places,
    copies: {
        use CopyFrom::*;
        &[Slot, Far, Imm16, Imm24, Imm32, Imm64]
    },
    pins: 0,
    accumulators: false,
};

impl Places {
    /// How many addresses in memory 0 loads and stores have forms for.
    pub(crate) const fn addresses(&self) -> u16 {
        self.int.values.len() + self.sums.len()
    }

    /// Copies that are fused with another, or with a branch: `copied` x `copy_dests`.
    pub(crate) const fn copy_forms(&self) -> u16 {
        self.copied.len() * self.copy_dests
    }

    /// The places that operands and results of a type may be in.
    pub(crate) const fn of(&self, ty: Ty) -> &Sets {
        match ty {
            Ty::F32 | Ty::F64 => &self.float,
            Ty::V128 => &self.vector,
            _ => &self.int,
        }
    }

    /// Which pairs of places a binary op takes.
    pub(crate) const fn pairs(&self, operand: Ty, mirrored: bool) -> &Pairs {
        match operand {
            Ty::I64 if mirrored => &self.long,
            _ if mirrored => &self.of(operand).mirrored,
            _ => &self.of(operand).ordered,
        }
    }

    /// Forms of `select` in one bank.
    pub(crate) const fn select_forms(&self, sets: &Sets) -> u16 {
        self.int.sources.len() * sets.choices.len() * sets.choices.len() * sets.dests
    }

    /// Destination digit of a form: a slot.
    pub(crate) const fn to_slot(&self) -> u16 {
        if self.accumulators { TO_SLOT } else { 0 }
    }
}
