package dev.fovea.engine.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/// The JSON header of a safetensors file after every claim in it has been checked.
///
/// The places cover the file's tensor bytes exactly: sorted by position, no hole, no overlap, nothing left over.
record SafetensorsHeader(Map<String, String> metadata, List<Place> places) {
    /// Where a tensor lies: bytes `[begin, end)`, counted from the first byte after the header.
    record Place(String name, String dtype, long[] shape, long begin, long end) {}

    /// The largest published checkpoints have under 100 000 tensors over all their shards.
    static final int MAX_TENSORS = 1 << 17;

    static final int MAX_NAME_CHARS = 1024;
    static final int MAX_RANK = 8;
    private static final String METADATA = "__metadata__";

    /// Parses and checks `json`, the header of `file`, which is `fileBytes` long and whose tensors begin at `begin`.
    static SafetensorsHeader parse(byte[] json, long begin, long fileBytes, Path file) {
        if (json.length == 0 || json[0] != '{') {
            throw new ModelFormatException(
                    file,
                    8,
                    "a header that begins with '{'",
                    json.length == 0 ? "an empty header" : String.format("byte 0x%02x", json[0] & 0xff));
        }
        JsonNode root = Json.parse(json, file, 8);
        if (root.size() > MAX_TENSORS) {
            throw new ModelFormatException(file, "at most " + MAX_TENSORS + " tensors", root.size() + " header keys");
        }
        Map<String, String> metadata = Map.of();
        List<Place> places = new ArrayList<>(root.size());
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            if (entry.getKey().equals(METADATA)) {
                metadata = metadata(entry.getValue(), file);
            } else {
                places.add(place(entry.getKey(), entry.getValue(), file));
            }
        }
        places.sort(Comparator.comparingLong(Place::begin)
                .thenComparingLong(Place::end)
                .thenComparing(Place::name));
        requireExactCover(places, begin, fileBytes, file);
        return new SafetensorsHeader(metadata, places);
    }

    private static Map<String, String> metadata(JsonNode node, Path file) {
        if (!node.isObject()) {
            throw new ModelFormatException(file, METADATA + " as an object of strings", Json.kind(node));
        }
        Map<String, String> metadata = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            if (!entry.getValue().isString()) {
                throw new ModelFormatException(
                        file,
                        METADATA + " as an object of strings",
                        Json.kind(entry.getValue()) + " under " + entry.getKey());
            }
            metadata.put(entry.getKey(), entry.getValue().stringValue());
        }
        return Collections.unmodifiableMap(metadata);
    }

    private static Place place(String name, JsonNode node, Path file) {
        if (name.length() > MAX_NAME_CHARS) {
            throw new ModelFormatException(
                    file, "tensor names of at most " + MAX_NAME_CHARS + " characters", name.length() + " characters");
        }
        if (!node.isObject()) {
            throw new ModelFormatException(file, "tensor " + name + " as an object", Json.kind(node));
        }
        JsonNode dtype = node.path("dtype");
        if (!dtype.isString()) {
            throw new ModelFormatException(file, "dtype of tensor " + name + " as a string", Json.kind(dtype));
        }
        int bits = bits(dtype.stringValue(), name, file);
        long[] shape = numbers(node.path("shape"), "shape of tensor " + name, file);
        long[] offsets = numbers(node.path("data_offsets"), "data_offsets of tensor " + name, file);
        if (offsets.length != 2 || offsets[0] > offsets[1]) {
            throw new ModelFormatException(
                    file,
                    "data_offsets of tensor " + name + " as [begin, end] with begin <= end",
                    node.path("data_offsets").toString());
        }
        long bytes = bytes(shape, bits, node, name, file);
        if (offsets[1] - offsets[0] != bytes) {
            throw new ModelFormatException(
                    file,
                    "tensor " + name + " " + dtype.stringValue() + node.path("shape") + " in " + bytes + " bytes",
                    "data_offsets of " + (offsets[1] - offsets[0]) + " bytes");
        }
        return new Place(name, dtype.stringValue(), shape, offsets[0], offsets[1]);
    }

    /// A short array of non-negative whole numbers.
    private static long[] numbers(JsonNode node, String what, Path file) {
        if (!node.isArray()) {
            throw new ModelFormatException(file, what + " as an array", Json.kind(node));
        }
        if (node.size() > MAX_RANK) {
            throw new ModelFormatException(file, what + " with at most " + MAX_RANK + " numbers", node.size() + "");
        }
        long[] numbers = new long[node.size()];
        for (int i = 0; i < numbers.length; i++) {
            JsonNode number = node.path(i);
            if (!number.isIntegralNumber() || !number.canConvertToLong() || number.longValue() < 0) {
                throw new ModelFormatException(file, what + " as whole numbers from 0 below 2^63", node.toString());
            }
            numbers[i] = number.longValue();
        }
        return numbers;
    }

    private static long bytes(long[] shape, int bits, JsonNode node, String name, Path file) {
        try {
            long total = bits;
            for (long size : shape) {
                total = Math.multiplyExact(total, size);
            }
            if (total % 8 == 0) {
                return total / 8;
            }
        } catch (ArithmeticException e) {
            throw new ModelFormatException(
                    file,
                    "shape of tensor " + name + " below 2^63 bits",
                    node.path("shape").toString(),
                    e);
        }
        throw new ModelFormatException(
                file, "tensor " + name + " in whole bytes", node.path("dtype") + " " + node.path("shape"));
    }

    private static void requireExactCover(List<Place> places, long begin, long fileBytes, Path file) {
        long at = 0;
        String before = "the header";
        for (Place place : places) {
            if (place.begin() != at) {
                throw new ModelFormatException(
                        file,
                        begin + at,
                        "tensor " + place.name() + " right behind " + before + ", at " + at,
                        (place.begin() < at ? "an overlap" : "a hole") + ": data_offsets begin at " + place.begin());
            }
            at = place.end();
            before = place.name();
        }
        long available = fileBytes - begin;
        if (at != available) {
            throw new ModelFormatException(
                    file, begin + Math.min(at, available), at + " bytes of tensors", available + " bytes");
        }
    }

    /// Bits of one number of `dtype`; every dtype the format knows is listed, whether or not weights come in it.
    private static int bits(String dtype, String name, Path file) {
        return switch (dtype) {
            case "F4" -> 4;
            case "F6_E2M3", "F6_E3M2" -> 6;
            case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0" -> 8;
            case "I16", "U16", "F16", "BF16" -> 16;
            case "I32", "U32", "F32" -> 32;
            case "I64", "U64", "F64", "C64" -> 64;
            default -> throw new ModelFormatException(file, "a safetensors dtype for tensor " + name, dtype);
        };
    }
}
