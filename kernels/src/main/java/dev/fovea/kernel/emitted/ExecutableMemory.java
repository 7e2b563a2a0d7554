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

/// Pages that hold machine code. Never writable and executable at once: written first, then sealed.
final class ExecutableMemory {
    private static final int READ = 1;
    private static final int WRITE = 2;
    private static final int EXECUTE = 4;

    /// Private and anonymous; these numbers are Linux's.
    private static final int FLAGS = 0x22;

    private static final int PAGE = 4096;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private ExecutableMemory() {}

    /// Executable `code`, until `arena` closes.
    ///
    /// @throws UnsupportedOperationException where the system refuses
    @SuppressWarnings("restricted") // as long as the pages that were just mapped
    static MemorySegment of(byte[] code, Arena arena) {
        long bytes = (long) Math.ceilDiv(code.length, PAGE) * PAGE;
        MethodHandle mmap = function(
                "mmap", FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
        MethodHandle mprotect = function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
        MethodHandle munmap = function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
        try (Arena call = Arena.ofConfined()) {
            MemorySegment state = call.allocate(STATE);
            MemorySegment mapped =
                    (MemorySegment) mmap.invokeExact(state, MemorySegment.NULL, bytes, READ | WRITE, FLAGS, -1, 0L);
            if (mapped.address() == -1) {
                throw refused("mmap", state);
            }
            MemorySegment pages = mapped.reinterpret(bytes, arena, segment -> unmap(munmap, segment, bytes));
            MemorySegment.copy(code, 0, pages, JAVA_BYTE, 0, code.length);
            if ((int) mprotect.invokeExact(state, pages, bytes, READ | EXECUTE) != 0) {
                throw refused("mprotect", state);
            }
            return pages.asReadOnly();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @SuppressWarnings("restricted") // functions of the C library by their documented types
    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        MemorySegment address = linker.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsupportedOperationException("this system has no function " + name));
        return linker.downcallHandle(address, type, Linker.Option.captureCallState("errno"));
    }

    private static UnsupportedOperationException refused(String function, MemorySegment state) {
        return new UnsupportedOperationException("the system refuses executable memory: " + function
                + " failed with errno " + (int) ERRNO.get(state, 0L));
    }

    private static void unmap(MethodHandle munmap, MemorySegment pages, long bytes) {
        try (Arena call = Arena.ofConfined()) {
            int _ = (int) munmap.invokeExact(call.allocate(STATE), pages, bytes);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
