package dev.fovea.kernel;

/// In which arithmetic a product with many rows runs. Everything else is binary32.
public enum Compute {
    /// IEEE binary32, which is what parity with the reference is measured in.
    F32,
    /// Weights and activations rounded to bfloat16, sums in binary32.
    BF16,
    /// Weights and activations rounded to whole numbers of 8 bits, with a scale for each output and for each row of
    /// activations; sums are exact.
    INT8
}
