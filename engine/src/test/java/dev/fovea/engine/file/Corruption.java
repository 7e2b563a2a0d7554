package dev.fovea.engine.file;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.assertj.core.api.Assertions;

/// Damages files the way disks, downloads and attackers do: flipped bytes, lost ends, misplaced pieces, lying numbers.
public final class Corruption {
    private static final String[] LIES = {
        "-1",
        "0",
        "1",
        "3",
        "1.5",
        "4294967296",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "1e308",
        "1e999",
        "-1e999",
        "null",
        "true",
        "\"7\"",
        "[]",
        "[1,2]",
        "{}",
        "9".repeat(400)
    };

    private Corruption() {}

    /// A damaged copy of a text file.
    public static byte[] ofText(byte[] text, RandomGenerator random) {
        return switch (random.nextInt(6)) {
            case 0 -> flip(text, text.length, random);
            case 1 -> Arrays.copyOf(text, random.nextInt(text.length));
            case 2 -> splice(text, text.length, random);
            case 3 -> swapStrings(text, random);
            default -> lie(text, random);
        };
    }

    /// A damaged copy of a safetensors file; most damage goes to the header, where it is interesting.
    static byte[] ofSafetensors(byte[] file, RandomGenerator random) {
        int header = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
        int end = random.nextInt(5) == 0 ? file.length : 8 + header;
        return switch (random.nextInt(6)) {
            case 0 -> flip(file, end, random);
            case 1 -> Arrays.copyOf(file, random.nextInt(end));
            case 2 -> splice(file, end, random);
            case 3 -> lieAboutLength(file, header, random);
            default -> {
                byte[] text = Arrays.copyOfRange(file, 8, 8 + header);
                byte[] damaged = random.nextInt(4) == 0 ? ofText(text, random) : lie(text, random);
                byte[] payload = Arrays.copyOfRange(file, 8 + header, file.length);
                yield SafetensorsWriter.raw(new String(damaged, StandardCharsets.UTF_8), payload);
            }
        };
    }

    /// A damaged copy of a file of binary numbers, lies among them.
    static byte[] ofBinary(byte[] file, RandomGenerator random) {
        return switch (random.nextInt(5)) {
            case 0 -> flip(file, file.length, random);
            case 1 -> Arrays.copyOf(file, random.nextInt(file.length));
            case 2 -> splice(file, file.length, random);
            default -> {
                byte[] damaged = file.clone();
                long lie = random.nextBoolean() ? 1L << random.nextInt(64) : random.nextLong(file.length * 2L);
                ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(random.nextInt(file.length - 8), lie);
                yield damaged;
            }
        };
    }

    /// Runs `task` and asserts that this thread allocated at most `maxBytes` in it.
    public static void withinMemory(long maxBytes, Runnable task) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        task.run();
        Assertions.assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                .as("bytes allocated")
                .isLessThanOrEqualTo(maxBytes);
    }

    private static byte[] flip(byte[] bytes, int end, RandomGenerator random) {
        byte[] damaged = bytes.clone();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(end);
            damaged[at] =
                    random.nextBoolean() ? (byte) random.nextInt() : (byte) (damaged[at] ^ 1 << random.nextInt(8));
        }
        return damaged;
    }

    /// Copies a piece to another place, in between or over what was there, or cuts it out.
    private static byte[] splice(byte[] bytes, int end, RandomGenerator random) {
        int from = random.nextInt(end);
        int length = 1 + random.nextInt(Math.min(64, end - from));
        int at = random.nextInt(end);
        int kind = random.nextInt(3);
        ByteBuffer out = ByteBuffer.allocate(bytes.length + length);
        if (kind == 0) {
            out.put(bytes, 0, from).put(bytes, from + length, bytes.length - from - length);
        } else {
            int resume = kind == 1 ? at : Math.min(bytes.length, at + length);
            out.put(bytes, 0, at).put(bytes, from, length).put(bytes, resume, bytes.length - resume);
        }
        return Arrays.copyOf(out.array(), out.position());
    }

    /// Replaces one number of a JSON text.
    private static byte[] lie(byte[] text, RandomGenerator random) {
        List<int[]> numbers = runs(text, false);
        if (numbers.isEmpty()) {
            return flip(text, text.length, random);
        }
        int[] number = numbers.get(random.nextInt(numbers.size()));
        String lie = random.nextInt(4) == 0 ? Long.toString(random.nextLong()) : LIES[random.nextInt(LIES.length)];
        return replace(text, number, lie.getBytes(StandardCharsets.US_ASCII));
    }

    /// Replaces one string of a JSON text, key or value, by another of the same text.
    private static byte[] swapStrings(byte[] text, RandomGenerator random) {
        List<int[]> strings = runs(text, true);
        int[] from = strings.get(random.nextInt(strings.size()));
        int[] to = strings.get(random.nextInt(strings.size()));
        return replace(text, to, Arrays.copyOfRange(text, from[0], from[1]));
    }

    private static byte[] lieAboutLength(byte[] file, int header, RandomGenerator random) {
        byte[] damaged = file.clone();
        long lie = switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextLong(file.length * 2L);
            case 2 -> header + random.nextInt(-9, 10);
            default -> 1L << random.nextInt(64);
        };
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(lie);
        return damaged;
    }

    private static byte[] replace(byte[] text, int[] range, byte[] by) {
        return ByteBuffer.allocate(text.length - (range[1] - range[0]) + by.length)
                .put(text, 0, range[0])
                .put(by)
                .put(text, range[1], text.length - range[1])
                .array();
    }

    /// `[begin, end)` of every quoted string, or of every number outside of strings; the texts have no escapes.
    private static List<int[]> runs(byte[] text, boolean strings) {
        List<int[]> runs = new ArrayList<>();
        for (int i = 0; i < text.length; i++) {
            int begin = i;
            if (text[i] == '"') {
                do {
                    i++;
                } while (i < text.length - 1 && text[i] != '"');
                if (strings) {
                    runs.add(new int[] {begin, i + 1});
                }
            } else if (isNumber(text[i])) {
                while (i + 1 < text.length && isNumber(text[i + 1])) {
                    i++;
                }
                if (!strings) {
                    runs.add(new int[] {begin, i + 1});
                }
            }
        }
        return runs;
    }

    private static boolean isNumber(byte b) {
        return (b >= '0' && b <= '9') || b == '-' || b == '.';
    }
}
