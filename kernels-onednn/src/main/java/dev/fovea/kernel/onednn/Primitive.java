package dev.fovea.kernel.onednn;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.fovea.kernel.packed.Packer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// One product of fixed shape, compiled by oneDNN: `sums = activations · weights`.
///
/// ```
/// activations  [rows, depth]
/// weights      [depth, cols], in memory [cols / 64][depth / g][64][g], where g numbers are four bytes
/// sums         [rows, cols] of binary32 or of 32-bit whole numbers
/// ```
final class Primitive implements AutoCloseable {
    private static final int BLOCK = Packer.BLOCK;
    private static final int SCRATCHPAD_USER = 1;
    private static final int QUERY_IMPLEMENTATION = 8;
    private static final int QUERY_STRIDES = 14;
    private static final int QUERY_WEIGHTS = 131;
    private static final int QUERY_SCRATCHPAD = 136;
    private static final int QUERY_INNER_COUNT = 263;
    private static final int QUERY_INNER_BLOCKS = 264;
    private static final int QUERY_INNER_DIMENSIONS = 265;

    private static final int ARG_ACTIVATIONS = 1;
    private static final int ARG_SUMS = 17;
    private static final int ARG_WEIGHTS = 33;
    private static final int ARG_SCRATCHPAD = 80;

    /// An `int` and, after as many bytes, an address.
    private static final int ARGUMENT_BYTES = 16;

    /// @param depth a multiple of [Packer#BLOCK]
    /// @param cols  a multiple of [Packer#BLOCK]
    record Shape(int rows, int cols, int depth) {}

    /// Numbers of the library for the types of the three arrays.
    ///
    /// @param elementBytes of activations and weights
    record Types(int activations, int weights, int sums, int elementBytes) {}

    /// Why a primitive is not to be used.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    /// What one thread hands to the library.
    private record Call(
            MemorySegment activations,
            MemorySegment weights,
            MemorySegment sums,
            MemorySegment scratchpad,
            MemorySegment arguments) {}

    private final Dnnl dnnl;
    private final String implementation;
    private final MemorySegment primitive;
    private final Call[] calls; // [threads]
    private final Arena arena;

    private Primitive(Dnnl dnnl, String implementation, MemorySegment primitive, Call[] calls, Arena arena) {
        this.dnnl = dnnl;
        this.implementation = implementation;
        this.primitive = primitive;
        this.calls = calls;
        this.arena = arena;
    }

    /// @param threads that may run it at the same time
    static Primitive create(Dnnl dnnl, Shape shape, Types types, int threads) throws Refused {
        dnnl.onOneThread(); // the library compiles for as many threads as it would use
        MemorySegment activations = dnnl.plain(types.activations, shape.rows, shape.depth);
        MemorySegment weights = dnnl.anyLayout(types.weights, shape.depth, shape.cols);
        MemorySegment sums = dnnl.plain(types.sums, shape.rows, shape.cols);
        try {
            MemorySegment attributes = dnnl.make("dnnl_primitive_attr_create");
            dnnl.check("dnnl_primitive_attr_set_scratchpad_mode", attributes, SCRATCHPAD_USER);
            MemorySegment description = dnnl.make(
                    "dnnl_matmul_primitive_desc_create",
                    dnnl.engine(),
                    activations,
                    weights,
                    MemorySegment.NULL,
                    sums,
                    attributes);
            dnnl.free("primitive_attr", attributes);
            try {
                return create(dnnl, shape, types, new MemorySegment[] {activations, sums}, description, threads);
            } finally {
                dnnl.free("primitive_desc", description);
            }
        } catch (Dnnl.Failure e) {
            throw new Refused(shape + ": " + e.getMessage());
        } finally {
            dnnl.free("memory_desc", activations);
            dnnl.free("memory_desc", weights);
            dnnl.free("memory_desc", sums);
        }
    }

    /// @param arrays      descriptions of activations and sums
    /// @param description of the primitive
    private static Primitive create(
            Dnnl dnnl, Shape shape, Types types, MemorySegment[] arrays, MemorySegment description, int threads)
            throws Refused {
        String implementation = implementation(dnnl, description);
        if (implementation.startsWith("ref")) {
            throw new Refused(shape + ": oneDNN has only its reference implementation, " + implementation);
        }
        MemorySegment packed = dnnl.description(description, QUERY_WEIGHTS);
        requirePacked(dnnl, packed, shape, types);
        MemorySegment scratchpad = dnnl.description(description, QUERY_SCRATCHPAD);
        Arena arena = Arena.ofShared();
        Call[] calls = new Call[threads];
        for (int thread = 0; thread < threads; thread++) {
            MemorySegment bytes = arena.allocate(Math.max(64, dnnl.bytes(scratchpad)), 64);
            MemorySegment[] memories = {
                memory(dnnl, arrays[0], MemorySegment.NULL),
                memory(dnnl, packed, MemorySegment.NULL),
                memory(dnnl, arrays[1], MemorySegment.NULL),
                memory(dnnl, scratchpad, bytes)
            };
            calls[thread] = new Call(memories[0], memories[1], memories[2], memories[3], arguments(arena, memories));
        }
        MemorySegment primitive = dnnl.make("dnnl_primitive_create", description);
        return new Primitive(dnnl, implementation, primitive, calls, arena);
    }

    @SuppressWarnings("restricted") // a C string of the library
    private static String implementation(Dnnl dnnl, MemorySegment description) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(ADDRESS);
            dnnl.check("dnnl_primitive_desc_query", description, QUERY_IMPLEMENTATION, 0, result);
            return result.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
        }
    }

    /// That the library wants weights as [Packer] packs them.
    private static void requirePacked(Dnnl dnnl, MemorySegment weights, Shape shape, Types types) throws Refused {
        try (Arena arena = Arena.ofConfined()) {
            int count = query(dnnl, arena, weights, QUERY_INNER_COUNT).get(JAVA_INT, 0);
            long[] blocks = longs(query(dnnl, arena, weights, QUERY_INNER_BLOCKS));
            long[] dimensions = longs(query(dnnl, arena, weights, QUERY_INNER_DIMENSIONS));
            long[] strides = longs(query(dnnl, arena, weights, QUERY_STRIDES));
            int group = 4 / types.elementBytes;
            boolean grouped = group == 1 ? count == 2 : count == 3 && dimensions[2] == 0 && blocks[2] == group;
            boolean packed = grouped
                    && dimensions[0] == 0
                    && dimensions[1] == 1
                    && blocks[1] == BLOCK
                    && shape.depth % (blocks[0] * group) == 0
                    && strides[0] == blocks[0] * group * BLOCK
                    && strides[1] == (long) shape.depth * BLOCK;
            if (!packed || dnnl.bytes(weights) != (long) shape.depth * shape.cols * types.elementBytes) {
                throw new Refused(shape + ": oneDNN wants weights in another layout, " + count + " inner blocks");
            }
        }
    }

    @SuppressWarnings("restricted") // arrays of the library have that many elements
    private static MemorySegment query(Dnnl dnnl, Arena arena, MemorySegment description, int what) {
        MemorySegment result = arena.allocate(ADDRESS);
        dnnl.check("dnnl_memory_desc_query", description, what, result);
        return what == QUERY_INNER_COUNT
                ? result
                : result.get(ValueLayout.ADDRESS, 0).reinterpret(8L * Dnnl.DIMENSIONS);
    }

    private static long[] longs(MemorySegment segment) {
        return segment.toArray(JAVA_LONG);
    }

    private static MemorySegment memory(Dnnl dnnl, MemorySegment description, MemorySegment data) {
        return dnnl.make("dnnl_memory_create", description, dnnl.engine(), data);
    }

    private static MemorySegment arguments(Arena arena, MemorySegment[] memories) {
        int[] kinds = {ARG_ACTIVATIONS, ARG_WEIGHTS, ARG_SUMS, ARG_SCRATCHPAD};
        MemorySegment arguments = arena.allocate((long) ARGUMENT_BYTES * kinds.length, 8);
        for (int i = 0; i < kinds.length; i++) {
            arguments.set(JAVA_INT, (long) ARGUMENT_BYTES * i, kinds[i]);
            arguments.set(ADDRESS, (long) ARGUMENT_BYTES * i + 8, memories[i]);
        }
        return arguments;
    }

    /// What of the library computes, such as `brg_matmul:avx512_core_bf16`.
    String implementation() {
        return implementation;
    }

    /// Computes on the calling thread. The arrays have the shape and types of this primitive.
    void run(int thread, MemorySegment activations, MemorySegment weights, MemorySegment sums) {
        Call call = calls[thread];
        dnnl.setData(call.activations, activations);
        dnnl.setData(call.weights, weights);
        dnnl.setData(call.sums, sums);
        dnnl.execute(primitive, 4, call.arguments);
    }

    @Override
    public void close() {
        for (Call call : calls) {
            dnnl.free("memory", call.activations);
            dnnl.free("memory", call.weights);
            dnnl.free("memory", call.sums);
            dnnl.free("memory", call.scratchpad);
        }
        dnnl.free("primitive", primitive);
        arena.close();
    }
}
