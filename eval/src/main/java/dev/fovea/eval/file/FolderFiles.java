package dev.fovea.eval.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Files of a folder. Links in it are followed, because data sets are often kept as links to a larger disk; whatever
/// is no regular file in the end, such as a pipe, is refused.
record FolderFiles(Path path) implements TaskFiles {
    @Override
    public boolean has(String name) {
        return Files.isRegularFile(resolve(name));
    }

    @Override
    public byte[] read(String name, long maxBytes) {
        Path file = resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new TaskFormatException(
                    place(name), "a file", Files.exists(file) ? "a folder or device" : "nothing of that name");
        }
        try (InputStream in = Files.newInputStream(file)) {
            return TaskFiles.readAtMost(in, place(name), Files.size(file), maxBytes);
        } catch (IOException e) {
            throw new TaskFormatException(place(name), "a readable file", String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public List<String> names(String folder) {
        Path directory = resolve(folder);
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, Files::isRegularFile)) {
            for (Path file : files) {
                if (names.size() == MAX_FILES) {
                    throw new TaskFormatException(place(folder), "at most " + MAX_FILES + " files", "more");
                }
                names.add(String.valueOf(file.getFileName()));
            }
        } catch (IOException | DirectoryIteratorException e) {
            throw new TaskFormatException(place(folder), "a readable folder", String.valueOf(e.getMessage()), e);
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public void close() {}

    private Path resolve(String name) {
        TaskFiles.requirePlain(path.toString(), name);
        try {
            return path.resolve(name);
        } catch (InvalidPathException e) {
            throw new TaskFormatException(path.toString(), "a file name", '"' + name + '"', e);
        }
    }
}
