package dev.fovea.engine.file;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The header of a GGUF file after every claim in it has been checked.
///
/// ```
/// "GGUF" │ version u32 │ tensors u64 │ keys u64 │ keys × (name, type u32, value) │ tensors × (name, n u32, n × u64,
/// type u32, offset u64) │ filled to a multiple of general.alignment │ tensor bytes
///
/// name, string   length u64, UTF-8        list   type u32, length u64, values
/// ```
///
/// Dimensions stand innermost first; here they are turned round. Tensors may leave holes but never overlap.
///
/// @param values by key, in the order of the file: Long, Double, Boolean, String, `byte[]`, `long[]`, `double[]`,
///     `String[]`, `Object[]`
/// @param spans  by key: where its type and value lie, `[begin, end)`
/// @param places in the order of their bytes
record GgufHeader(int version, Map<String, Object> values, Map<String, long[]> spans, List<Place> places) {
    /// Where a tensor lies in the file: bytes `[begin, end)`.
    record Place(String name, GgufType type, long[] shape, long begin, long end) {}

    static final String ALIGNMENT = "general.alignment";
    private static final int MAGIC = 0x46554747;
    private static final int MAX_KEYS = 1 << 16;
    private static final int MAX_RANK = 4;
    private static final long DEFAULT_ALIGNMENT = 32;
    private static final long MAX_ALIGNMENT = 1 << 20;
    private static final Map<Integer, GgufType> TYPES = types();

    private static Map<Integer, GgufType> types() {
        Map<Integer, GgufType> types = new HashMap<>();
        for (GgufType type : GgufType.values()) {
            types.put(type.id, type);
        }
        return Map.copyOf(types);
    }

    static GgufHeader parse(MemorySegment bytes, Path file) {
        GgufCursor in = new GgufCursor(bytes, file);
        int magic = in.int32();
        if (magic != MAGIC) {
            throw in.bad(0, "\"GGUF\"", String.format("bytes 0x%08x", Integer.reverseBytes(magic)));
        }
        int version = in.int32();
        if (version != 2 && version != 3) {
            throw new UnsupportedModelException(
                    file, "GGUF version " + Integer.toUnsignedString(version), "2 and 3, little-endian");
        }
        int tensors = (int) in.count("a number of tensors", SafetensorsHeader.MAX_TENSORS);
        int keys = (int) in.count("a number of keys", MAX_KEYS);
        Map<String, Object> values = new LinkedHashMap<>();
        Map<String, long[]> spans = new HashMap<>();
        for (int i = 0; i < keys; i++) {
            long at = in.at();
            String key = in.string(GgufCursor.MAX_NAME_BYTES);
            long begin = in.at();
            if (values.putIfAbsent(key, in.value()) != null) {
                throw in.bad(at, "each key once", key + " again");
            }
            spans.put(key, new long[] {begin, in.at()});
        }
        return new GgufHeader(version, values, spans, places(in, tensors, alignment(values, file), bytes));
    }

    private static long alignment(Map<String, Object> values, Path file) {
        Object value = values.getOrDefault(ALIGNMENT, DEFAULT_ALIGNMENT);
        if (value instanceof Long alignment && alignment >= 1 && alignment <= MAX_ALIGNMENT) {
            return alignment;
        }
        throw new ModelFormatException(file, ALIGNMENT + " from 1 to " + MAX_ALIGNMENT, String.valueOf(value));
    }

    /// A tensor as described, its offset not yet placed in the file.
    private record Claim(String name, GgufType type, long[] shape, long size, long offset, long at) {}

    private static List<Place> places(GgufCursor in, int tensors, long alignment, MemorySegment bytes) {
        List<Claim> claims = new ArrayList<>();
        Map<String, Long> names = new HashMap<>();
        for (int i = 0; i < tensors; i++) {
            Claim claim = claim(in);
            if (names.putIfAbsent(claim.name, claim.at) != null) {
                throw in.bad(claim.at, "each tensor once", claim.name + " again");
            }
            if (claim.offset % alignment != 0) {
                throw in.bad(claim.at, "tensor " + claim.name + " at a multiple of " + alignment, claim.offset + "");
            }
            claims.add(claim);
        }
        claims.sort(Comparator.comparingLong(Claim::offset).thenComparingLong(Claim::size));
        long data = Math.ceilDiv(in.at(), alignment) * alignment;
        List<Place> places = new ArrayList<>();
        long end = 0;
        for (Claim claim : claims) {
            if (claim.offset < end) {
                throw in.bad(claim.at, "tensor " + claim.name + " behind the one before", "an overlap");
            }
            if (claim.size > bytes.byteSize() - data - claim.offset) {
                throw in.bad(
                        claim.at,
                        "tensor " + claim.name + " of " + claim.size + " bytes within the file",
                        "offset " + claim.offset + " in " + Math.max(0, bytes.byteSize() - data) + " bytes");
            }
            end = claim.offset + claim.size;
            places.add(new Place(claim.name, claim.type, claim.shape, data + claim.offset, data + end));
        }
        return List.copyOf(places);
    }

    private static Claim claim(GgufCursor in) {
        long at = in.at();
        String name = in.string(SafetensorsHeader.MAX_NAME_CHARS);
        int rank = in.int32();
        if (rank < 1 || rank > MAX_RANK) {
            throw in.bad(at, "tensor " + name + " of 1 to " + MAX_RANK + " dimensions", Integer.toUnsignedString(rank));
        }
        long[] shape = new long[rank];
        for (int i = rank - 1; i >= 0; i--) {
            shape[i] = in.count("a dimension of tensor " + name, Long.MAX_VALUE);
        }
        int id = in.int32();
        GgufType type = TYPES.get(id);
        if (type == null) {
            throw in.bad(at, "tensor " + name + " of a known type", "type " + Integer.toUnsignedString(id));
        }
        long size = size(in, at, name, type, shape);
        return new Claim(name, type, shape, size, in.count("an offset of tensor " + name, Long.MAX_VALUE / 4), at);
    }

    private static long size(GgufCursor in, long at, String name, GgufType type, long[] shape) {
        long row = shape[shape.length - 1];
        if (row % type.block != 0) {
            throw in.bad(at, "tensor " + name + " with rows of a multiple of " + type.block + " numbers", row + "");
        }
        try {
            long size = Math.multiplyExact(row / type.block, type.blockBytes);
            for (int i = 0; i < shape.length - 1; i++) {
                size = Math.multiplyExact(size, shape[i]);
            }
            return size;
        } catch (ArithmeticException e) {
            throw new ModelFormatException(
                    in.file(), at, "tensor " + name + " below 2^63 bytes", Arrays.toString(shape), e);
        }
    }
}
