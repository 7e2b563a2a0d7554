package dev.fovea.kernel;

/// Skipped where the processor lacks AVX-VNNI, or the system refuses executable memory.
class AvxVnniKernelsTest extends VnniKernelsTest {
    @Override
    String family() {
        return "avxvnni";
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
