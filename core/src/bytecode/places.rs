//! Where operands may be, and the closed sets of combinations that forms exist for.
//!
//! Every set is written once, as a list of names that are both variants of [`Place`] (encoding) and
//! types in `exec::operand` (handlers), so that forms and handlers cannot get out of step. Which sets
//! there are is the budget of handler code: `dispatch-full` has the pins, without it they are gone.

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

/// Hands the set of that name for operands, or results, of a Rust type to the macro `$apply`, behind `$pre`.
macro_rules! for_places {
    ($set:tt f32, $apply:ident! { $($pre:tt)* }) => { for_float_places! { $set, $apply! { $($pre)* } } };
    ($set:tt f64, $apply:ident! { $($pre:tt)* }) => { for_float_places! { $set, $apply! { $($pre)* } } };
    ($set:tt v128, $apply:ident! { $($pre:tt)* }) => { for_vector_places! { $set, $apply! { $($pre)* } } };
    ((pairs [$mirror:ident]) u64, $apply:ident! { $($pre:tt)* }) => { for_long_places! { $mirror, $apply! { $($pre)* } } };
    ((pairs [$mirror:ident]) i64, $apply:ident! { $($pre:tt)* }) => { for_long_places! { $mirror, $apply! { $($pre)* } } };
    ($set:tt $int:ident, $apply:ident! { $($pre:tt)* }) => { for_int_places! { $set, $apply! { $($pre)* } } };
}
pub(crate) use for_places;

macro_rules! for_float_places {
    // What unary ops, conditions and indices read.
    (sources, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc } };
    // What stores write, and the bases of addresses.
    (values, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Imm } };
    // What a select chooses from.
    (choices, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Imm } };
    (dests, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* ToAccum ToSlot } ToBoth } };
    // Operands of binary ops. Where there is a mirror op, one order of two places is enough. (Accumulators twice:
    // squares, which would wait for a slot otherwise.)
    ((pairs [$mirror:ident]), $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm)
    } (Acc, Acc) } };
    ((pairs []), $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) (Acc, Slot) (Imm, Slot) (Imm, Acc)
    } (Acc, Acc) } };
    // Operands of comparisons that branch.
    (branches, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) } (Slot, Long) (Acc, Long) (Acc, Acc) } };
    // Fused ops: operands besides the one just computed, and those of what computes it (with a mirror op,
    // without, with a constant only); bases of addresses; counters and what they are compared with.
    (others, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } Slot } };
    (mirrored, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } (Slot, Slot) (Acc, Slot) (Acc, Acc) } };
    (ordered, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } (Slot, Slot) (Acc, Slot) (Slot, Acc) } };
    (constants, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
    (bases, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } Slot Acc Pin0 Pin1 } };
    (counters, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
    (bounds, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
}

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
#[cfg(full_dispatch)]
macro_rules! for_long_places {
    ($mirror:ident, $apply:ident! { $($pre:tt)* }) => { for_int_places! { (pairs [$mirror]), $apply! { $($pre)*
        (Slot, Long) (Acc, Long) (Pin0, Long) (Pin1, Long)
    } } };
}
#[cfg(not(full_dispatch))]
macro_rules! for_long_places {
    ($mirror:ident, $apply:ident! { $($pre:tt)* }) => { for_int_places! { (pairs [$mirror]), $apply! { $($pre)* } } };
}
pub(crate) use for_long_places;

/// Hands over the places of ops that only `dispatch-full` has.
#[cfg(full_dispatch)]
macro_rules! for_fused_places {
    ($apply:ident! { $($pre:tt)* } $($place:tt)*) => { $apply! { $($pre)* $($place)* } };
}
#[cfg(not(full_dispatch))]
macro_rules! for_fused_places {
    ($apply:ident! { $($pre:tt)* } $($place:tt)*) => { $apply! { $($pre)* } };
}
pub(crate) use for_float_places;
pub(crate) use for_fused_places;

#[cfg(full_dispatch)]
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
    ($fused:tt, $apply:ident! { $($pre:tt)* }) => { for_fused_int_places! { $fused, $apply! { $($pre)* } } };
}
/// Without pins.
#[cfg(not(full_dispatch))]
macro_rules! for_int_places {
    (sources, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc } };
    (values, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Acc Imm } };
    (choices, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* Slot Imm } };
    (pins, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* } };
    (copied_to, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToSlot } };
    (dests, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* ToAccum ToSlot } };
    ((pairs [$mirror:ident]), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) } };
    ((pairs []), $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)*
        (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) (Acc, Slot) (Imm, Slot) (Imm, Acc)
    } };
    (branches, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) } };
    (sums, $apply:ident! { $($pre:tt)* }) => { $apply! { $($pre)* (Slot, Slot) (Slot, Acc) (Slot, Imm) (Acc, Imm) } };
    ($fused:tt, $apply:ident! { $($pre:tt)* }) => { for_fused_int_places! { $fused, $apply! { $($pre)* } } };
}
pub(crate) use for_int_places;

macro_rules! for_fused_int_places {
    (others, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } Slot Pin0 Pin1 Imm } };
    (mirrored, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* }
        (Slot, Slot) (Slot, Pin0) (Slot, Pin1) (Slot, Imm) (Acc, Slot) (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Pin1) (Pin1, Imm)
    } };
    (ordered, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* }
        (Slot, Slot) (Slot, Pin0) (Slot, Pin1) (Slot, Imm) (Acc, Slot) (Acc, Pin0) (Acc, Pin1) (Acc, Imm)
        (Pin0, Slot) (Pin0, Pin0) (Pin0, Pin1) (Pin0, Imm) (Pin1, Slot) (Pin1, Pin0) (Pin1, Pin1) (Pin1, Imm)
        (Slot, Acc) (Pin0, Acc) (Pin1, Acc)
    } };
    (constants, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } (Slot, Imm) (Acc, Imm) (Pin0, Imm) (Pin1, Imm) } };
    (bases, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } Slot Pin0 Pin1 } };
    (counters, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } (Slot, ToBoth) (Pin0, ToPin0) (Pin1, ToPin1) } };
    (bounds, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } Slot Pin0 Pin1 Imm Wide } };
    // Where a fused op keeps a value that it goes on with.
    (kept, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } ToBoth ToPin0 ToPin1 } };
    (copied, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } Slot Acc Pin0 Pin1 Imm } };
    (copy_dests, $apply:ident! { $($pre:tt)* }) => { for_fused_places! { $apply! { $($pre)* } ToSlot ToPin0 ToPin1 } };
}
pub(crate) use for_fused_int_places;

/// How many pins forms exist for.
pub(crate) const PINS: usize = if cfg!(full_dispatch) { 2 } else { 0 };

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

pub(crate) const INT: &Sets = &Sets {
    sources: for_places!(sources u64, singles! {}),
    values: for_places!(values u64, singles! {}),
    choices: for_places!(choices u64, singles! {}),
    mirrored: for_places!((pairs [Mirror]) u32, pairs! {}),
    ordered: for_places!((pairs []) u32, pairs! {}),
    branches: for_places!(branches u64, pairs! {}),
    others: for_places!(others u64, singles! {}),
    chained: Chained {
        mirrored: for_places!(mirrored u64, pairs! {}),
        ordered: for_places!(ordered u64, pairs! {}),
        constants: for_places!(constants u64, pairs! {}),
    },
    bases: for_places!(bases u64, singles! {}),
    counters: for_places!(counters u64, counters! {}),
    bounds: for_places!(bounds u64, singles! {}),
    dests: for_places!(dests u64, count! {}),
};
/// `mirrored` of 64-bit integers.
pub(crate) const LONG: &Pairs = &for_places!((pairs [Mirror]) u64, pairs! {});
/// Destinations of values that are kept.
pub(crate) const KEPT: u16 = for_places!(kept u32, count! {});
pub(crate) const FLOAT: &Sets = &Sets {
    sources: for_places!(sources f64, singles! {}),
    values: for_places!(values f64, singles! {}),
    choices: for_places!(choices f64, singles! {}),
    mirrored: for_places!((pairs [Mirror]) f64, pairs! {}),
    ordered: for_places!((pairs []) f64, pairs! {}),
    branches: for_places!(branches f64, pairs! {}),
    others: for_places!(others f64, singles! {}),
    chained: Chained {
        mirrored: for_places!(mirrored f64, pairs! {}),
        ordered: for_places!(ordered f64, pairs! {}),
        constants: for_places!(constants f64, pairs! {}),
    },
    bases: for_places!(bases f64, singles! {}),
    counters: for_places!(counters f64, counters! {}),
    bounds: for_places!(bounds f64, singles! {}),
    dests: for_places!(dests f64, count! {}),
};
pub(crate) const VECTOR: &Sets = &Sets {
    sources: for_places!(sources v128, singles! {}),
    values: for_places!(values v128, singles! {}),
    choices: for_places!(choices v128, singles! {}),
    mirrored: for_places!((pairs [Mirror]) v128, pairs! {}),
    ordered: for_places!((pairs []) v128, pairs! {}),
    branches: for_places!(branches v128, pairs! {}),
    others: for_places!(others v128, singles! {}),
    chained: Chained {
        mirrored: for_places!(mirrored v128, pairs! {}),
        ordered: for_places!(ordered v128, pairs! {}),
        constants: for_places!(constants v128, pairs! {}),
    },
    bases: for_places!(bases v128, singles! {}),
    counters: for_places!(counters v128, counters! {}),
    bounds: for_places!(bounds v128, singles! {}),
    dests: for_places!(dests v128, count! {}),
};
/// Addends of an address that a load or store computes itself, wrapping at 32 bits.
pub(crate) const SUMS: &Pairs = &for_places!(sums u32, pairs! {});
/// What pairs of copies, and copies before a branch, read; how many places they write.
pub(crate) const COPIED: &Singles = &for_places!(copied u64, singles! {});
pub(crate) const COPY_DESTS: u16 = for_places!(copy_dests u64, count! {});
