package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.fovea.kernel.emitted.avx512.Assembler;
import dev.fovea.kernel.emitted.avx512.PreparationCode;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// What the processor says that it can do, by its own instructions CPUID and XGETBV (Intel manual, volume 2, CPUID).
/// What it did not say is zero.
///
/// @param leaf1Ecx      of leaf 1
/// @param leaf7Ebx      of leaf 7, as the next two
/// @param leaf7Ecx      of leaf 7
/// @param leaf7Edx      of leaf 7
/// @param leaf7Part1Eax of leaf 7, part 1
/// @param saved         registers that the system saves, the lower half of XCR0
record Processor(int leaf1Ecx, int leaf7Ebx, int leaf7Ecx, int leaf7Edx, int leaf7Part1Eax, int saved) {
    private static final int FMA = 1 << 12;
    private static final int OSXSAVE = 1 << 27;
    private static final int AVX = 1 << 28;
    private static final int F16C = 1 << 29;

    private static final int AVX2 = 1 << 5;
    /// F, DQ, BW and VL.
    private static final int AVX512 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;

    private static final int AVX512_VNNI = 1 << 11;

    private static final int AMX_TILE = 1 << 24; // of edx

    private static final int AVX_VNNI = 1 << 4;
    private static final int AVX512_BF16 = 1 << 5;

    /// State that the system must save: SSE and AVX.
    private static final int YMM_STATE = 0x6;

    /// That, masks, and both parts of the 512-bit registers.
    private static final int ZMM_STATE = 0xe6;

    /// @throws UnsupportedOperationException with the reason, where machine code cannot run at all
    @SuppressWarnings("restricted") // two routines that write 16 bytes
    static Processor here() {
        String system = System.getProperty("os.name", "") + " on " + System.getProperty("os.arch", "");
        if (!system.matches("Linux on (amd64|x86_64)")) {
            throw new UnsupportedOperationException("machine code is for Linux on amd64, this is " + system);
        }
        Assembler code = new Assembler();
        PreparationCode.cpuid(code);
        int xgetbvAt = code.here();
        PreparationCode.xgetbv(code);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = Pages.executable(code.code(), arena);
            MethodHandle cpuid = Linker.nativeLinker()
                    .downcallHandle(memory, FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, ADDRESS));
            MethodHandle xgetbv =
                    Linker.nativeLinker().downcallHandle(memory.asSlice(xgetbvAt), FunctionDescriptor.ofVoid(ADDRESS));
            MemorySegment answer = arena.allocate(16, 4); // eax, ebx, ecx, edx
            return asked(cpuid, xgetbv, answer);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /// Asks for nothing that the answers before do not promise: above the last leaf CPUID answers for another.
    private static Processor asked(MethodHandle cpuid, MethodHandle xgetbv, MemorySegment answer) throws Throwable {
        cpuid.invokeExact(0, 0, answer);
        int leaves = answer.getAtIndex(JAVA_INT, 0);
        cpuid.invokeExact(1, 0, answer);
        int leaf1Ecx = answer.getAtIndex(JAVA_INT, 2);
        int leaf7Ebx = 0;
        int leaf7Ecx = 0;
        int leaf7Edx = 0;
        int leaf7Part1Eax = 0;
        if (Integer.compareUnsigned(leaves, 7) >= 0) {
            cpuid.invokeExact(7, 0, answer);
            int parts = answer.getAtIndex(JAVA_INT, 0);
            leaf7Ebx = answer.getAtIndex(JAVA_INT, 1);
            leaf7Ecx = answer.getAtIndex(JAVA_INT, 2);
            leaf7Edx = answer.getAtIndex(JAVA_INT, 3);
            if (parts != 0) {
                cpuid.invokeExact(7, 1, answer);
                leaf7Part1Eax = answer.getAtIndex(JAVA_INT, 0);
            }
        }
        int saved = 0;
        if ((leaf1Ecx & OSXSAVE) != 0) {
            xgetbv.invokeExact(answer);
            saved = answer.getAtIndex(JAVA_INT, 0);
        }
        return new Processor(leaf1Ecx, leaf7Ebx, leaf7Ecx, leaf7Edx, leaf7Part1Eax, saved);
    }

    /// @throws UnsupportedOperationException with the reason, where it lacks what the routines use
    void requireAvx512Vnni() {
        require((leaf1Ecx & OSXSAVE) != 0, "the processor has no AVX-512");
        require((saved & ZMM_STATE) == ZMM_STATE, "the system does not save 512-bit registers");
        boolean wide = (leaf7Ebx & AVX512) == AVX512;
        require(wide && (leaf7Ecx & AVX512_VNNI) != 0, "the processor has no AVX-512 VNNI");
    }

    /// As [#requireAvx512Vnni], and bf16.
    void requireAvx512Bf16() {
        requireAvx512Vnni();
        require((leaf7Part1Eax & AVX512_BF16) != 0, "the processor has no AVX-512 BF16");
    }

    /// Whether it multiplies whole matrices, which oneDNN makes use of.
    boolean hasMatrixTiles() {
        return (leaf7Edx & AMX_TILE) != 0;
    }

    /// With FMA and F16C, which came before and with it.
    void requireAvx2() {
        int first = OSXSAVE | AVX | FMA | F16C;
        require((leaf1Ecx & first) == first && (leaf7Ebx & AVX2) != 0, "the processor has no AVX2, FMA or F16C");
        require((saved & YMM_STATE) == YMM_STATE, "the system does not save 256-bit registers");
    }

    /// As [#requireAvx2], and AVX-VNNI.
    void requireAvxVnni() {
        requireAvx2();
        require((leaf7Part1Eax & AVX_VNNI) != 0, "the processor has no AVX-VNNI");
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new UnsupportedOperationException(otherwise);
        }
    }
}
