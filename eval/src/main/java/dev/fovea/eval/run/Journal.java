package dev.fovea.eval.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The answers of a run, one JSON line each, appended as they come.
///
/// A process that is killed leaves at most one unfinished line at the end; opening the journal again cuts it off, and
/// every other answer counts. One process at a time: the file is locked.
final class Journal implements AutoCloseable {
    /// A run of a million answers has some 400 MB.
    private static final long MAX_BYTES = 1L << 30;

    private final Path file;
    private final FileChannel channel;
    private final List<Line> lines;
    private final Set<Line.Key> keys = new HashSet<>();

    private Journal(Path file, FileChannel channel, List<Line> lines) {
        this.file = file;
        this.channel = channel;
        this.lines = new ArrayList<>(lines);
        for (Line line : lines) {
            if (!keys.add(line.key())) {
                throw new IllegalArgumentException(file + ": expected every answer once, found " + line.id() + " of "
                        + line.arm().label() + " twice");
            }
        }
    }

    /// Opens or begins the journal of a directory.
    static Journal open(Path directory) {
        Path file = directory.resolve("answers.jsonl");
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            lock(channel, file);
            byte[] bytes = read(channel, file);
            int end = lastLineEnd(bytes);
            List<Line> lines = parse(bytes, end, file);
            Journal journal = new Journal(file, channel, lines);
            channel.truncate(end);
            channel.position(end);
            return journal;
        } catch (IOException e) {
            close(channel);
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            close(channel);
            throw e;
        }
    }

    /// The answers of a directory, without locking or changing it.
    static List<Line> read(Path directory) {
        Path file = directory.resolve("answers.jsonl");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            byte[] bytes = read(channel, file);
            return parse(bytes, lastLineEnd(bytes), file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void lock(FileChannel channel, Path file) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException _) {
            lock = null;
        }
        if (lock == null) {
            throw new IllegalStateException(file + ": expected to be the only run that writes it, found another");
        }
    }

    private static byte[] read(FileChannel channel, Path file) throws IOException {
        long size = channel.size();
        if (size > MAX_BYTES) {
            throw new IllegalArgumentException(
                    file + ": expected at most " + MAX_BYTES + " bytes, found " + Files.size(file));
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) size);
        while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {
            // a read may stop early
        }
        return buffer.array();
    }

    private static int lastLineEnd(byte[] bytes) {
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] != '\n') {
            end--;
        }
        return end;
    }

    private static List<Line> parse(byte[] bytes, int end, Path file) {
        List<Line> lines = new ArrayList<>();
        int begin = 0;
        for (int i = 0; i < end; i++) {
            if (bytes[i] == '\n') {
                String text = new String(bytes, begin, i - begin, StandardCharsets.UTF_8);
                lines.add(LineJson.read(text, file, lines.size() + 1));
                begin = i + 1;
            }
        }
        return lines;
    }

    /// Whether an answer is there already.
    synchronized boolean has(Arm arm, String id) {
        return keys.contains(new Line.Key(arm, id));
    }

    /// Appends answers in one write.
    synchronized void append(List<Line> more) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        for (Line line : more) {
            if (!keys.add(line.key())) {
                throw new IllegalStateException(
                        file + ": " + line.id() + " of " + line.arm().label() + " was answered twice");
            }
            text.writeBytes(LineJson.write(line).getBytes(StandardCharsets.UTF_8));
            text.write('\n');
        }
        ByteBuffer buffer = ByteBuffer.wrap(text.toByteArray());
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        lines.addAll(more);
    }

    synchronized List<Line> lines() {
        return List.copyOf(lines);
    }

    @Override
    public void close() {
        close(channel);
    }

    private static void close(@org.jspecify.annotations.Nullable FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
