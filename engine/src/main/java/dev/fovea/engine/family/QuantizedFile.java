package dev.fovea.engine.family;

import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.GgufWriter;
import dev.fovea.engine.file.Json;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.file.SmallFiles;
import dev.fovea.engine.file.TensorEntry;
import dev.fovea.engine.file.UnsupportedModelException;
import dev.fovea.kernel.Format;
import dev.fovea.kernel.Matrix;
import dev.fovea.kernel.Quantizer;
import dev.fovea.kernel.Workers;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes models as GGUF files in which the language model's matrices are rounded to a block format, as
/// [Models#load] rounds them while loading.
///
/// A checkpoint directory becomes one file that holds the whole model: all tensors under their own names, and the
/// small files as byte lists under [SmallFiles#KEY]. A language model's GGUF file becomes another one for the same
/// projector file.
public final class QuantizedFile {
    private static final List<String> SMALL = List.of(
            "config.json",
            "generation_config.json",
            "preprocessor_config.json",
            "processor_config.json",
            "chat_template.json",
            "chat_template.jinja",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json");

    private static final String FILE_TYPE = "general.file_type";
    private static final String VERSION = "general.quantization_version";

    /// Rounded together, then written: many rows, and little memory.
    private static final int STRIP_BYTES = 1 << 20;

    private final Format format;
    private final Workers workers;

    private QuantizedFile(Format format, Workers workers) {
        this.format = format;
        this.workers = workers;
    }

    /// Holds one strip of rows at a time; the bytes are the same for any number of threads.
    ///
    /// @param model   a checkpoint directory, a file that this wrote, or a language model's GGUF file
    /// @param format  Q8_0 or Q4_0
    /// @param workers that round, while the caller's thread also writes
    public static void write(Path model, Format format, Workers workers, OutputStream out) throws IOException {
        if (!Quantizer.serves(format)) {
            throw new IllegalArgumentException("weights: expected Q8_0 or Q4_0, found " + format);
        }
        QuantizedFile rounded = new QuantizedFile(format, workers);
        try (Arena arena = Arena.ofShared()) { // all workers read
            if (!GgufFile.isGguf(model)) {
                rounded.checkpoint(ModelFiles.open(model, arena)).write(out);
                return;
            }
            GgufFile file = GgufFile.open(model, arena);
            GgufWriter writer =
                    ModelFiles.isWhole(file) ? rounded.checkpoint(ModelFiles.open(file)) : rounded.text(file);
            writer.write(out);
        }
    }

    private GgufWriter checkpoint(ModelFiles files) {
        VlmConfig config = VlmConfig.read(files);
        GgufWriter writer = new GgufWriter().text("general.architecture", "fovea");
        kind(writer);
        List<String> names = new ArrayList<>(SMALL);
        if (config.spelling() == VlmConfig.Spelling.ORIGINAL) {
            names.addAll(OriginalConfig.towerFiles(files));
        }
        for (String name : names) {
            if (files.small().has(name)) {
                writer.bytes(SmallFiles.KEY + name, files.small().read(name, Json.MAX_BYTES));
            }
        }
        WeightNames weights = CheckpointWeights.names(files);
        Map<String, Role> roles = new HashMap<>();
        for (Role role : Role.values()) {
            for (int l = 0;
                    role.languageMatrix()
                            && weights.has(role.part())
                            && l < config.text().layers();
                    l++) {
                roles.put(weights.name(role, l), role);
            }
        }
        boolean tied = config.text().tiedHead() && !weights.has(Role.Part.HEAD);
        files.tensors().values().forEach(entry -> add(writer, entry, roles, tied));
        return writer;
    }

    private GgufWriter text(GgufFile file) {
        String architecture = file.metadata().text("general.architecture").orElse("nothing");
        if (!architecture.equals("llama")) {
            throw new UnsupportedModelException(
                    file.file(), "general.architecture = \"" + architecture + "\"", "llama");
        }
        GgufWriter writer = new GgufWriter();
        for (String key : file.metadata().keys()) {
            if (!Set.of(FILE_TYPE, VERSION).contains(key)) {
                writer.copy(file, key);
            }
        }
        kind(writer);
        int layers = Section.whole(file.file(), file.metadata().settings())
                .size("llama.block_count", 0, DecoderSection.MAX_LAYERS);
        Map<String, Role> roles = new HashMap<>();
        for (Role role : Role.values()) {
            for (int l = 0; role.languageMatrix() && l < layers; l++) {
                roles.put(GgufWeights.textName(role, l), role);
            }
        }
        boolean tied = !file.tensors().containsKey(GgufWeights.textName(Role.HEAD, 0));
        file.tensors().values().forEach(entry -> add(writer, entry, roles, tied));
        return writer;
    }

    /// The numbers by which ggml's tools call the format.
    private void kind(GgufWriter writer) {
        writer.integer(FILE_TYPE, format == Format.Q8_0 ? 7 : 2).integer(VERSION, 2);
    }

    private void add(GgufWriter writer, TensorEntry entry, Map<String, Role> roles, boolean tied) {
        Role role = roles.get(entry.name());
        if (role == null || entry.shape().length != 2) {
            writer.tensor(entry);
            return;
        }
        Matrix matrix = entry.matrix();
        Format target = QuantizedWeights.target(role, format, tied, matrix.format(), matrix.cols());
        if (target == matrix.format()) {
            writer.tensor(entry);
            return;
        }
        writer.tensor(entry.name(), target, entry.shape(), out -> write(matrix, target, out));
    }

    private void write(Matrix matrix, Format target, OutputStream out) throws IOException {
        int cols = matrix.cols();
        int rowBytes = Math.toIntExact(target.bytes(cols));
        int rows = Math.clamp(STRIP_BYTES / Math.max(rowBytes, 1), 1, Math.max(matrix.rows(), 1));
        byte[] strip = new byte[Math.multiplyExact(rows, rowBytes)]; // [rows, rowBytes]
        int count;
        for (int begin = 0; begin < matrix.rows(); begin += count) {
            int first = begin;
            count = Math.min(rows, matrix.rows() - begin);
            workers.forEach(
                    count,
                    (i, worker) -> QuantizedWeights.round(
                            matrix, first + i, target, workers.scratch(worker, cols), strip, i * rowBytes));
            out.write(strip, 0, count * rowBytes);
        }
    }
}
