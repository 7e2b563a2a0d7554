package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// What the processor says that it can do, by its own instructions CPUID and XGETBV.
final class Processor {
    /// Bits of CPUID: leaf 1 ecx; leaf 7 ebx; leaf 7 ecx (Intel manual, volume 2, CPUID).
    private static final int OSXSAVE = 1 << 27;

    private static final int AVX512F_AND_VL = 1 << 16 | 1 << 31;
    private static final int AVX512_VNNI = 1 << 11;

    /// Of leaf 7, subleaf 1, eax.
    private static final int AVX512_BF16 = 1 << 5;

    /// Of leaf 7, edx.
    private static final int AMX_TILE = 1 << 24;

    /// State that the system must save: SSE, AVX, masks, and both parts of the 512-bit registers.
    private static final int ZMM_STATE = 0xe6;

    private Processor() {}

    /// @throws UnsupportedOperationException with the reason, where it lacks what the routines use
    static void requireVnni() {
        require(false);
    }

    /// As [#requireVnni], and bf16.
    static void requireBf16() {
        require(true);
    }

    /// Whether it multiplies whole matrices, which oneDNN makes use of.
    ///
    /// @throws UnsupportedOperationException as [#requireVnni]
    static boolean hasMatrixTiles() {
        return (require(false)[3] & AMX_TILE) != 0;
    }

    /// @return eax, ebx, ecx and edx of leaf 7
    @SuppressWarnings("restricted") // two routines that write 16 bytes
    private static int[] require(boolean bf16) {
        String system = System.getProperty("os.name", "") + " on " + System.getProperty("os.arch", "");
        if (!system.matches("Linux on (amd64|x86_64)")) {
            throw new UnsupportedOperationException("machine code is for Linux on amd64, this is " + system);
        }
        Assembler code = new Assembler();
        PreparationCode.cpuid(code);
        int xgetbvAt = code.here();
        PreparationCode.xgetbv(code);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = ExecutableMemory.of(code.code(), arena);
            MethodHandle cpuid = Linker.nativeLinker()
                    .downcallHandle(memory, FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, ADDRESS));
            MethodHandle xgetbv =
                    Linker.nativeLinker().downcallHandle(memory.asSlice(xgetbvAt), FunctionDescriptor.ofVoid(ADDRESS));
            MemorySegment answer = arena.allocate(16, 4); // eax, ebx, ecx, edx
            require(cpuid, xgetbv, answer);
            int[] features = answer.toArray(JAVA_INT);
            cpuid.invokeExact(7, 1, answer); // where there is no subleaf 1, zeros
            if (bf16 && (answer.getAtIndex(JAVA_INT, 0) & AVX512_BF16) == 0) {
                throw new UnsupportedOperationException("the processor has no AVX-512 BF16");
            }
            return features;
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void require(MethodHandle cpuid, MethodHandle xgetbv, MemorySegment answer) throws Throwable {
        cpuid.invokeExact(0, 0, answer);
        boolean leaf7 = Integer.compareUnsigned(answer.getAtIndex(JAVA_INT, 0), 7) >= 0;
        cpuid.invokeExact(1, 0, answer);
        if ((answer.getAtIndex(JAVA_INT, 2) & OSXSAVE) == 0 || !leaf7) {
            throw new UnsupportedOperationException("the processor has no AVX-512");
        }
        xgetbv.invokeExact(answer);
        int saved = answer.getAtIndex(JAVA_INT, 0);
        if ((saved & ZMM_STATE) != ZMM_STATE) {
            throw new UnsupportedOperationException("the system does not save 512-bit registers");
        }
        cpuid.invokeExact(7, 0, answer);
        boolean wide = (answer.getAtIndex(JAVA_INT, 1) & AVX512F_AND_VL) == AVX512F_AND_VL;
        if (!wide || (answer.getAtIndex(JAVA_INT, 2) & AVX512_VNNI) == 0) {
            throw new UnsupportedOperationException("the processor has no AVX-512 VNNI");
        }
    }
}
