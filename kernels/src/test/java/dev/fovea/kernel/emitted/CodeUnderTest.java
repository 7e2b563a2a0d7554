package dev.fovea.kernel.emitted;

import dev.fovea.kernel.emitted.avx2.Avx2Code;
import org.junit.jupiter.api.Assumptions;

/// Machine code that this processor may run: of each family, and that of AVX-VNNI in the spelling of AVX-512, which is
/// the same but for the bytes of one instruction.
enum CodeUnderTest {
    AVX512_VNNI,
    AVX_VNNI,
    AVX_VNNI_AS_AVX512,
    AVX2;

    /// Skips the test where the processor lacks what the code uses, or the system refuses executable memory.
    RoutineCode code() {
        try {
            Processor processor = Processor.here();
            if (this == AVX_VNNI_AS_AVX512) {
                processor.requireAvx512Vnni();
                return Avx2Code.avx512Vnni();
            }
            Family family = Family.valueOf(name());
            family.require(processor);
            return family.code();
        } catch (UnsupportedOperationException e) {
            return Assumptions.abort(String.valueOf(e.getMessage()));
        }
    }
}
