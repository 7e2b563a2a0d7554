package dev.fovea.kernel.emitted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.fovea.kernel.Compute;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// The bits are those of the Intel manual, volume 2, CPUID, and volume 1, XCR0.
class ProcessorTest {
    private static final int FIRST = 1 << 12 | 1 << 27 | 1 << 28 | 1 << 29; // FMA, OSXSAVE, AVX, F16C

    /// A Haswell, the first with AVX2, and an Alder Lake, the first with AVX-VNNI.
    private static final Processor HASWELL = new Processor(FIRST, 1 << 5, 0, 0, 0, 7);

    private static final Processor ALDER_LAKE = new Processor(FIRST, 1 << 5, 0, 0, 1 << 4, 7);
    private static final Processor ICE_LAKE =
            new Processor(FIRST, 1 << 5 | 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31, 1 << 11, 0, 0, 0xe7);

    @Test
    void eachProcessorRunsItsFamilies() {
        assertThat(families(HASWELL)).containsExactly(Family.AVX2);
        assertThat(families(ALDER_LAKE)).containsExactly(Family.AVX_VNNI, Family.AVX2);
        assertThat(families(ICE_LAKE)).containsExactly(Family.AVX512_VNNI, Family.AVX2);
        assertThat(families(new Processor(0, 0, 0, 0, 0, 0))).isEmpty();
    }

    private static List<Family> families(Processor processor) {
        return Arrays.stream(Family.values())
                .filter(family -> {
                    try {
                        family.require(processor);
                        return true;
                    } catch (UnsupportedOperationException e) {
                        return false;
                    }
                })
                .toList();
    }

    /// This processor in the place of the other, which alone is asked first: code for more than there is never runs.
    @Test
    void withoutAvx512TheCodeIsForAvx2() {
        CodeUnderTest.AVX2.code(); // skips where there is none
        for (Processor processor : List.of(HASWELL, ALDER_LAKE)) {
            EmittedKernels.Code code = EmittedKernels.Code.best(processor, Compute.INT8);
            try (Arena _ = code.arena()) {
                boolean here = families(here()).contains(Family.AVX_VNNI) && processor.equals(ALDER_LAKE);
                assertThat(code.family()).isEqualTo(here ? Family.AVX_VNNI : Family.AVX2);
                assertThat(code.products()).isExactlyInstanceOf(MachineRoutines.class);
                assertThat(code.bf16()).isNull();
            }
        }
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> EmittedKernels.Code.best(new Processor(0, 0, 0, 0, 0, 0), Compute.INT8))
                .withMessageContaining("no AVX2");
    }

    @Test
    void avx2NeedsEachOfItsParts() {
        for (int bit : new int[] {12, 27, 28, 29}) {
            Processor without = new Processor(FIRST & ~(1 << bit), 1 << 5, 0, 0, 1 << 4, 7);
            refuses(without::requireAvx2, "no AVX2, FMA or F16C");
            refuses(without::requireAvxVnni, "no AVX2, FMA or F16C");
        }
        refuses(new Processor(FIRST, ~(1 << 5), 0, 0, 0, 7)::requireAvx2, "no AVX2, FMA or F16C");
        refuses(HASWELL::requireAvxVnni, "no AVX-VNNI");
    }

    /// A system may run on a processor whose wide registers it does not know.
    @Test
    void theSystemMustSaveTheRegisters() {
        for (int saved : new int[] {0, 1, 3, 5}) {
            refuses(new Processor(FIRST, 1 << 5, 0, 0, 1 << 4, saved)::requireAvx2, "does not save 256-bit registers");
        }
        for (int saved : new int[] {0, 7, 0xa7, 0x67, 0xc7, 0xe5}) {
            Processor partly = new Processor(FIRST, ICE_LAKE.leaf7Ebx(), ICE_LAKE.leaf7Ecx(), 0, 0, saved);
            refuses(partly::requireAvx512Vnni, "does not save 512-bit registers");
        }
    }

    private static void refuses(ThrowingCallable requirement, String reason) {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(requirement)
                .withMessageContaining(reason);
    }

    /// Linux lists what it lets programs use, found by its own code.
    @Test
    void theSystemSaysTheSame() throws IOException {
        Path list = Path.of("/proc/cpuinfo");
        Assumptions.assumeTrue(Files.isReadable(list), "no " + list);
        List<String> flags = Files.readAllLines(list).stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> List.of(line.split("\\s+")))
                .orElseGet(() -> Assumptions.abort("no flags in " + list));
        Processor here = here();
        same(flags.containsAll(List.of("avx2", "fma", "f16c")), here, Processor::requireAvx2);
        same(flags.contains("avx_vnni"), here, Processor::requireAvxVnni);
        same(flags.containsAll(List.of("avx512vl", "avx512_vnni")), here, Processor::requireAvx512Vnni);
        same(flags.containsAll(List.of("avx512_vnni", "avx512_bf16")), here, Processor::requireAvx512Bf16);
    }

    private static Processor here() {
        try {
            return Processor.here();
        } catch (UnsupportedOperationException e) {
            return Assumptions.abort(String.valueOf(e.getMessage()));
        }
    }

    private static void same(boolean listed, Processor here, Consumer<Processor> requirement) {
        if (listed) {
            assertThatCode(() -> requirement.accept(here)).doesNotThrowAnyException();
        } else {
            assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(() -> requirement.accept(here));
        }
    }
}
