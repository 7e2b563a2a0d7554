package dev.fovea.engine;

import dev.fovea.engine.family.Models;
import dev.fovea.engine.family.VisionLanguageModel;
import dev.fovea.engine.family.VlmConfig;
import dev.fovea.engine.file.GgufFile;
import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.ModelFiles;
import dev.fovea.engine.file.SmallFiles;
import dev.fovea.engine.tokenizer.ChatFormat;
import dev.fovea.engine.tokenizer.Tokenizer;
import dev.fovea.kernel.CountingKernels;
import dev.fovea.kernel.Workers;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Reads what an engine runs from where it lies, on resources that its caller frees.
interface Loading {
    /// What loading yields.
    record Loaded(
            VisionLanguageModel model,
            Optional<Tokenizer> tokenizer,
            Optional<ChatFormat> chat,
            CountingKernels kernels,
            Workers workers,
            Arena arena) {
        /// The checkpoint's end tokens and those of its conversation format.
        Set<Integer> ends() {
            Set<Integer> ends = new HashSet<>(model.config().eos());
            if (chat.isPresent() && tokenizer.isPresent()) {
                for (int id : chat.get().stopIds(tokenizer.get())) {
                    ends.add(id);
                }
            }
            return Set.copyOf(ends);
        }
    }

    Loaded load(CountingKernels kernels, Workers workers, Arena arena);

    static Loading of(ModelSource source, EngineOptions options) {
        Path model = source.model();
        boolean gguf = GgufFile.isGguf(model);
        if (!gguf && source.projector().isPresent()) {
            throw new IllegalArgumentException(model + ": expected a GGUF file beside the projector file "
                    + source.projector().get() + ", found another");
        }
        if (!gguf) {
            return (kernels, workers, arena) ->
                    checkpoint(ModelFiles.open(model, arena), source, options, kernels, workers, arena);
        }
        if (source.projector().isEmpty() && isWhole(model)) {
            return (kernels, workers, arena) ->
                    checkpoint(ModelFiles.open(GgufFile.open(model, arena)), source, options, kernels, workers, arena);
        }
        Path projector = source.projector()
                .orElseThrow(() -> new IllegalArgumentException(
                        model + ": expected the GGUF file of its tower and projector with it (mmproj), found none"));
        return (kernels, workers, arena) -> pair(source, projector, options, kernels, workers, arena);
    }

    private static boolean isWhole(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            return ModelFiles.isWhole(GgufFile.open(file, arena));
        }
    }

    private static Loaded checkpoint(
            ModelFiles files,
            ModelSource source,
            EngineOptions options,
            CountingKernels kernels,
            Workers workers,
            Arena arena) {
        VlmConfig config = VlmConfig.read(files);
        SmallFiles small = files.small();
        Optional<Tokenizer> tokenizer =
                Tokenizer.present(small) ? Optional.of(Tokenizer.load(small)) : Optional.empty();
        Optional<ChatFormat> chat = tokenizer.map(_ ->
                options.chatFormat().map(ChatFormat::named).orElseGet(() -> ChatFormat.of(files.directory(), small)));
        VisionLanguageModel model = Models.load(files, config, source.weights(), arena, kernels);
        return new Loaded(model, tokenizer, chat, kernels, workers, arena);
    }

    private static Loaded pair(
            ModelSource source,
            Path projector,
            EngineOptions options,
            CountingKernels kernels,
            Workers workers,
            Arena arena) {
        GgufFile text = GgufFile.open(source.model(), arena);
        GgufFile vision = GgufFile.open(projector, arena);
        GgufMetadata keys = text.metadata();
        VlmConfig config = VlmConfig.read(text, vision);
        Optional<Tokenizer> tokenizer = Tokenizer.present(keys) ? Optional.of(Tokenizer.load(keys)) : Optional.empty();
        Optional<ChatFormat> chat =
                tokenizer.map(_ -> options.chatFormat().map(ChatFormat::named).orElseGet(() -> ChatFormat.of(keys)));
        VisionLanguageModel model = Models.load(text, vision, config, source.weights(), arena, kernels);
        return new Loaded(model, tokenizer, chat, kernels, workers, arena);
    }
}
