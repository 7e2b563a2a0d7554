package dev.fovea.kernel;

/// Skipped where the processor lacks AVX2, FMA or F16C, or the system refuses executable memory.
class Avx2KernelsTest extends VnniKernelsTest {
    @Override
    String family() {
        return "avx2";
    }

    @Override
    String familyOfAttention() {
        return "avx2";
    }

    /// Attention of many rows is that of vectors.
    @Override
    double attentionRounding() {
        return 0;
    }
}
