package dev.fovea.kernel.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.HashMap;
import java.util.Map;

/// oneDNN's C functions. Names and numbers are those of its headers, version 3.
///
/// Objects of the library are addresses; whoever makes one frees it with [#free]. Made and freed by one thread at a
/// time; [#execute] and what it needs may run on any.
final class Dnnl implements AutoCloseable {
    /// A function of the library failed.
    static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(String function, int status) {
            super("oneDNN: " + function + " failed with status " + status
                    + switch (status) {
                        case 1 -> ", out of memory";
                        case 2 -> ", invalid arguments";
                        case 3 -> ", not implemented";
                        default -> "";
                    });
        }
    }

    static final int BF16 = 2;
    static final int F32 = 3;
    static final int S32 = 4;
    static final int S8 = 5;
    static final int U8 = 6;

    private static final int CPU = 1;
    private static final int IN_ORDER = 1;
    private static final int FORMAT_ANY = 1;

    /// Most dimensions of an array of sizes.
    static final int DIMENSIONS = 12;

    private final Linker linker = Linker.nativeLinker();
    private final SymbolLookup library;
    private final Map<String, MethodHandle> functions = new HashMap<>();
    private final MethodHandle execute;
    private final MethodHandle setDataHandle;
    private final MethodHandle setThreads;
    private final MemorySegment engine;
    private final MemorySegment stream;

    /// @throws UnsupportedOperationException if the library is not the one expected
    Dnnl(SymbolLookup library) {
        this.library = library;
        execute = bind("dnnl_primitive_execute", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS));
        setDataHandle = bind("dnnl_memory_set_data_handle", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
        setThreads = bind("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
        engine = make("dnnl_engine_create", CPU, 0L);
        stream = make("dnnl_stream_create", engine, IN_ORDER);
        check("dnnl_set_primitive_cache_capacity", 0); // Primitives keeps them
    }

    @SuppressWarnings("restricted") // signatures are those of the headers
    private MethodHandle bind(String name, FunctionDescriptor signature) {
        MemorySegment address = library.find(name)
                .orElseThrow(() ->
                        new UnsupportedOperationException("kernels \"onednn\": the library has no function " + name));
        return linker.downcallHandle(address, signature);
    }

    /// Calls a function whose parameters are what `arguments` are: `int`, `long` or addresses.
    private Object call(String name, MemoryLayout result, Object... arguments) {
        MethodHandle function = functions.get(name);
        if (function == null) {
            MemoryLayout[] parameters = new MemoryLayout[arguments.length];
            for (int i = 0; i < parameters.length; i++) {
                parameters[i] = switch (arguments[i]) {
                    case Integer _ -> JAVA_INT;
                    case Long _ -> JAVA_LONG;
                    default -> ADDRESS;
                };
            }
            function = bind(name, FunctionDescriptor.of(result, parameters));
            functions.put(name, function);
        }
        try {
            return function.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException(name, e);
        }
    }

    /// Calls a function that returns a status.
    ///
    /// @throws Failure if that is not success
    void check(String name, Object... arguments) {
        int status = (int) call(name, JAVA_INT, arguments);
        if (status != 0) {
            throw new Failure(name, status);
        }
    }

    /// Calls a function that writes what it makes to its first parameter; `arguments` are the others.
    MemorySegment make(String name, Object... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(ADDRESS);
            Object[] all = new Object[arguments.length + 1];
            all[0] = result;
            System.arraycopy(arguments, 0, all, 1, arguments.length);
            check(name, all);
            return result.get(ADDRESS, 0);
        }
    }

    /// Frees an object of kind `memory`, `memory_desc`, `primitive` and so on.
    void free(String kind, MemorySegment object) {
        check("dnnl_" + kind + "_destroy", object);
    }

    MemorySegment engine() {
        return engine;
    }

    /// Instruction sets that the library uses on this processor, as `dnnl_cpu_isa_t` has them.
    int instructionSets() {
        return (int) call("dnnl_get_effective_cpu_isa", JAVA_INT);
    }

    /// Such as `3.11`.
    @SuppressWarnings("restricted") // the structure begins with two ints
    String version() {
        MemorySegment version = ((MemorySegment) call("dnnl_version", ADDRESS)).reinterpret(8);
        return version.get(JAVA_INT, 0) + "." + version.get(JAVA_INT, 4);
    }

    /// The description of a `[rows, cols]` array, row after row.
    MemorySegment plain(int type, int rows, int cols) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment strides = sizes(arena, cols, 1);
            return make("dnnl_memory_desc_create_with_strides", 2, sizes(arena, rows, cols), type, strides);
        }
    }

    /// The description of a `[rows, cols]` array whose layout the library may choose.
    MemorySegment anyLayout(int type, int rows, int cols) {
        try (Arena arena = Arena.ofConfined()) {
            return make("dnnl_memory_desc_create_with_tag", 2, sizes(arena, rows, cols), type, FORMAT_ANY);
        }
    }

    private static MemorySegment sizes(Arena arena, long first, long second) {
        MemorySegment sizes = arena.allocate(JAVA_LONG, DIMENSIONS);
        sizes.setAtIndex(JAVA_LONG, 0, first);
        sizes.setAtIndex(JAVA_LONG, 1, second);
        return sizes;
    }

    long bytes(MemorySegment description) {
        return (long) call("dnnl_memory_desc_get_size", JAVA_LONG, description);
    }

    /// What a primitive's description says of one of its arrays; belongs to the primitive's.
    MemorySegment description(MemorySegment primitive, int what) {
        return (MemorySegment) call("dnnl_primitive_desc_query_md", ADDRESS, primitive, what, 0);
    }

    /// The calling thread's share of a parallel region is all of it from now on.
    void onOneThread() {
        try {
            setThreads.invokeExact(1);
        } catch (Throwable e) {
            throw new IllegalStateException("omp_set_num_threads", e);
        }
    }

    void setData(MemorySegment memory, MemorySegment data) {
        try {
            int status = (int) setDataHandle.invokeExact(memory, data);
            if (status != 0) {
                throw new Failure("dnnl_memory_set_data_handle", status);
            }
        } catch (Failure e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("dnnl_memory_set_data_handle", e);
        }
    }

    /// Runs a primitive on the calling thread and waits for it.
    void execute(MemorySegment primitive, int count, MemorySegment arguments) {
        try {
            int status = (int) execute.invokeExact(primitive, stream, count, arguments);
            if (status != 0) {
                throw new Failure("dnnl_primitive_execute", status);
            }
        } catch (Failure e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("dnnl_primitive_execute", e);
        }
    }

    @Override
    public void close() {
        free("stream", stream);
        free("engine", engine);
    }
}
