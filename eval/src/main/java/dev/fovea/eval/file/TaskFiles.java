package dev.fovea.eval.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The files of a task, in a folder or in a zip; neither is trusted.
///
/// Names are relative, with `/` between folders. A name that could lead outside, such as `../x`, `/x` or `C:x`, is
/// refused wherever it comes from.
public sealed interface TaskFiles extends AutoCloseable permits FolderFiles, ZipFiles {
    /// The most that a picture's file may have; photographs of 100 megapixels stay below it.
    long MAX_IMAGE_BYTES = 128L << 20;

    /// A folder may list and a zip may hold so many files; the largest benchmark has some 40 000 pictures.
    int MAX_FILES = 1_000_000;

    /// The longest name that common file systems take.
    int MAX_NAME_CHARS = 4096;

    /// Opens `path`, a folder or a zip.
    static TaskFiles open(Path path) {
        if (Files.isDirectory(path)) {
            return new FolderFiles(path);
        }
        if (Files.isRegularFile(path)) {
            return ZipFiles.open(path);
        }
        throw new TaskFormatException(
                path.toString(), "a folder or a zip", Files.exists(path) ? "neither" : "nothing of that name");
    }

    /// Where they are, for messages.
    Path path();

    /// Whether there is a file of that name.
    boolean has(String name);

    /// The content of a file of at most `maxBytes`, of which no more is ever held.
    byte[] read(String name, long maxBytes);

    /// The names, without their folder's, of the files directly in `folder`, sorted; none where it does not exist.
    List<String> names(String folder);

    @Override
    void close();

    /// What to call a file in a message.
    default String place(String name) {
        return path() + "/" + name;
    }

    /// Refuses a name that is empty, overlong, absolute or that climbs.
    static void requirePlain(String place, String name) {
        boolean plain = !name.isEmpty() && name.length() <= MAX_NAME_CHARS;
        plain &= name.chars().noneMatch(c -> c < ' ' || c == '\\' || c == ':' || c == 0x7f);
        for (String part : name.split("/", -1)) {
            plain &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        }
        if (!plain) {
            throw new TaskFormatException(place, "a relative file name without . or ..", '"' + name + '"');
        }
    }

    /// Reads `in`, which claims `size` bytes, to its end, but never more than `maxBytes`: a claim may lie.
    static byte[] readAtMost(InputStream in, String place, long size, long maxBytes) throws IOException {
        if (size > maxBytes) {
            throw new TaskFormatException(place, "at most " + maxBytes + " bytes", size + " bytes");
        }
        byte[] bytes = in.readNBytes((int) Math.min(maxBytes + 1, Integer.MAX_VALUE - 8));
        if (bytes.length > maxBytes) {
            throw new TaskFormatException(place, "at most " + maxBytes + " bytes", "more");
        }
        return bytes;
    }
}
