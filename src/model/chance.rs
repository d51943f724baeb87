//! Random numbers made from a generator's bits.

/// Uniform in `0..1`. Made here, not by a library's distribution whose algorithm may change, so that a recording
/// replays under later versions.
pub fn unit(bits: u64) -> f64 {
    const STEPS: f64 = (1_u64 << 53) as f64;
    (bits >> 11) as f64 / STEPS
}
