package dev.fovea.eval.file;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/// Files of a zip. Entries are only ever found by a checked name and read into memory within a limit; nothing is
/// unpacked to a disk, so an entry called `../x` is an entry that nobody can ask for.
record ZipFiles(Path path, ZipFile zip) implements TaskFiles {
    static ZipFiles open(Path path) {
        ZipFile zip;
        try {
            zip = new ZipFile(path.toFile());
        } catch (IOException e) {
            throw new TaskFormatException(path.toString(), "a zip", String.valueOf(e.getMessage()), e);
        }
        ZipFiles files = new ZipFiles(path, zip);
        if (zip.size() > MAX_FILES) {
            files.close();
            throw new TaskFormatException(path.toString(), "at most " + MAX_FILES + " files", zip.size() + " files");
        }
        return files;
    }

    @Override
    public boolean has(String name) {
        TaskFiles.requirePlain(path.toString(), name);
        ZipEntry entry = zip.getEntry(name);
        return entry != null && !entry.isDirectory();
    }

    @Override
    public byte[] read(String name, long maxBytes) {
        TaskFiles.requirePlain(path.toString(), name);
        ZipEntry entry = zip.getEntry(name);
        if (entry == null || entry.isDirectory()) {
            throw new TaskFormatException(place(name), "a file", entry == null ? "nothing of that name" : "a folder");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return TaskFiles.readAtMost(in, place(name), entry.getSize(), maxBytes);
        } catch (IOException e) {
            throw new TaskFormatException(place(name), "a readable file", String.valueOf(e.getMessage()), e);
        }
    }

    @Override
    public List<String> names(String folder) {
        TaskFiles.requirePlain(path.toString(), folder);
        String prefix = folder + "/";
        List<String> names = new ArrayList<>();
        for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
            String name = entries.nextElement().getName();
            if (name.startsWith(prefix) && name.length() > prefix.length() && name.indexOf('/', prefix.length()) < 0) {
                names.add(name.substring(prefix.length()));
            }
        }
        Collections.sort(names);
        return names;
    }

    @Override
    public void close() {
        try {
            zip.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
