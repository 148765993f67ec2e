//! What the workloads share: reproducible input, and one number for all output.

mod seeds;

/// Pseudo-random numbers (xorshift64*), the same on every runtime.
pub struct Random(u64);

impl Random {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        ((self.next() >> 32) * u64::from(limit) >> 32) as u32
    }

    /// Bytes without structure.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// A word; short and common ones more often.
    pub fn word(&mut self) -> &'static str {
        let most = self.below(WORDS.len() as u32) + 1;
        WORDS[self.below(most) as usize]
    }

    /// A sentence of 4 to 19 words, with a full stop.
    pub fn sentence(&mut self) -> String {
        let words: Vec<_> = (0..4 + self.below(16)).map(|_| self.word()).collect();
        let mut sentence = words.join(" ");
        sentence[..1].make_ascii_uppercase();
        sentence.push('.');
        sentence
    }
}

const WORDS: [&str; 64] = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "his",
    "but",
    "at",
    "are",
    "this",
    "have",
    "from",
    "or",
    "had",
    "an",
    "they",
    "which",
    "one",
    "you",
    "were",
    "all",
    "her",
    "she",
    "there",
    "would",
    "their",
    "we",
    "him",
    "been",
    "has",
    "when",
    "who",
    "will",
    "more",
    "if",
    "stack",
    "memory",
    "table",
    "module",
    "function",
    "register",
    "interpreter",
    "translation",
    "validation",
    "instruction",
    "specification",
    "embedding",
    "linear",
    "segment",
    "import",
    "export",
];

/// Text of at least `length` bytes: sentences in paragraphs.
pub fn text(seed: u64, length: usize) -> String {
    let mut random = Random::new(seed);
    let mut text = String::new();
    while text.len() < length {
        text.push_str(&random.sentence());
        text.push_str(if random.below(6) == 0 { "\n\n" } else { " " });
    }
    text
}

/// FNV-1a of `bytes`, going on from `sum`.
pub fn checksum(sum: i64, bytes: &[u8]) -> i64 {
    bytes.iter().fold(sum, |sum, byte| {
        (sum ^ i64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
