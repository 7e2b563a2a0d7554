package dev.fovea.kernel.emitted;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/// Memory by the page: for machine code, never writable and executable at once, and for weights.
final class Pages {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;

    /// Private and anonymous; these numbers are Linux's.
    private static final int FLAGS = 0x22;

    private static final int PAGE = 4096;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /// Asks for pages of LARGE bytes, when they are first touched.
    private static final int ADVISE_LARGE = 14;

    private static final long LARGE = 2L << 20;
    private static final long LINE = 64;

    private Pages() {}

    /// Executable `code`, until `arena` closes.
    ///
    /// @throws UnsupportedOperationException where the system refuses
    static MemorySegment executable(byte[] code, Arena arena) {
        long bytes = (long) Math.ceilDiv(code.length, PAGE) * PAGE;
        MethodHandle mprotect = function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        MemorySegment pages = mapped(bytes, arena);
        MemorySegment.copy(code, 0, pages, JAVA_BYTE, 0, code.length);
        return called(state -> {
            if ((int) mprotect.invokeExact(state, pages, bytes, READ | EXECUTE) != 0) {
                throw refused("executable memory: mprotect", state);
            }
            return pages.asReadOnly();
        });
    }

    /// Zeros, until `arena` closes, aligned to a cache line, in large pages where the system has them: weights are
    /// read from end to end for each token, and looking up where small pages lie takes its part of that time.
    static MemorySegment large(long bytes, Arena arena) {
        if (bytes < LARGE) {
            return arena.allocate(bytes, LINE);
        }
        try {
            MethodHandle madvise = function("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
            MemorySegment pages = mapped(Math.addExact(bytes, LARGE), arena);
            MemorySegment aligned = pages.asSlice(-pages.address() & LARGE - 1, bytes);
            return called(state -> {
                // where there are none it is refused, which changes nothing
                int _ = (int) madvise.invokeExact(state, aligned, bytes, ADVISE_LARGE);
                return aligned;
            });
        } catch (UnsupportedOperationException e) {
            return arena.allocate(bytes, LINE);
        }
    }

    @SuppressWarnings("restricted") // as long as the pages that were just mapped
    private static MemorySegment mapped(long bytes, Arena arena) {
        MethodHandle mmap = function(
                "mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        MethodHandle munmap = function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
        return called(state -> {
            MemorySegment mapped =
                    (MemorySegment) mmap.invokeExact(state, MemorySegment.NULL, bytes, READ | WRITE, FLAGS, -1, 0L);
            if (mapped.address() == -1) {
                throw refused("memory: mmap", state);
            }
            return mapped.reinterpret(bytes, arena, segment -> unmap(munmap, segment, bytes));
        });
    }

    @SuppressWarnings("restricted") // functions of the C library by their documented types
    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("this system has no function " + name));
        return linker.downcallHandle(address, type, Linker.Option.captureCallState("errno"));
    }

    private static UnsupportedOperationException refused(String what, MemorySegment state) {
        return new UnsupportedOperationException(
                "the system refuses " + what + " failed with errno " + (int) ERRNO.get(state, 0L));
    }

    private static void unmap(MethodHandle munmap, MemorySegment pages, long bytes) {
        int _ = called(state -> (int) munmap.invokeExact(state, pages, bytes));
    }

    /// A call of a function of the C library.
    private interface Call<T> {
        /// @param state where the function leaves its `errno`
        T run(MemorySegment state) throws Throwable;
    }

    private static <T> T called(Call<T> call) {
        try (Arena arena = Arena.ofConfined()) {
            return call.run(arena.allocate(STATE));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
