package dev.fovea.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The engine's small test checkpoints, with a tokenizer of single characters beside their weights.
final class TinyCheckpoint {
    /// Ids of the vocabulary; `<image>` and `<pad>` are the last two.
    static final int VOCAB = 2048;

    private static final Path ENGINE = Path.of(System.getProperty("basedir", "."), "../engine/src/test/resources");

    private TinyCheckpoint() {}

    /// A LLaVA-NeXT checkpoint in a directory of its own.
    static Path llavaNext(Path directory) {
        return complete("llava-next-mini-old", directory);
    }

    /// A LLaVA-1.5 checkpoint with FlexAttention's projections.
    static Path flex(Path directory) {
        return complete("llava15-flex-tiny", directory);
    }

    private static Path complete(String name, Path directory) {
        Path from = ENGINE.resolve("checkpoints").resolve(name);
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path to = directory.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
            writeTokenizer(directory);
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Writes `tokenizer.json`: special tokens, bytes, a word mark, printable characters, and words of no meaning.
    static void writeTokenizer(Path directory) throws IOException {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        List<String> tokens = tokens();
        ArrayNode added = root.putArray("added_tokens");
        for (String special : List.of("<unk>", "<s>", "</s>", "<image>", "<pad>")) {
            ObjectNode token =
                    added.addObject().put("id", tokens.indexOf(special)).put("content", special);
            token.put("single_word", false).put("lstrip", false).put("rstrip", false);
            token.put("normalized", false).put("special", true);
        }
        root.putNull("normalizer");
        ObjectNode words =
                root.putObject("pre_tokenizer").put("type", "Metaspace").put("replacement", "▁");
        words.put("prepend_scheme", "first").put("split", false);
        template(root.putObject("post_processor"));
        decoder(root.putObject("decoder"));
        ObjectNode model =
                root.putObject("model").put("type", "BPE").putNull("dropout").put("unk_token", "<unk>");
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
        model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < VOCAB - 2; id++) {
            vocab.put(tokens.get(id), id);
        }
        model.putArray("merges");
        Files.writeString(directory.resolve("tokenizer.json"), root.toString());
    }

    private static List<String> tokens() {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        for (int b = 0; b < 256; b++) {
            tokens.add(String.format("<0x%02X>", b));
        }
        tokens.add("▁");
        for (char c = '!'; c <= '~'; c++) {
            tokens.add(String.valueOf(c));
        }
        while (tokens.size() < VOCAB - 2) {
            tokens.add("▁w" + tokens.size());
        }
        tokens.addAll(List.of("<image>", "<pad>"));
        return tokens;
    }

    private static void template(ObjectNode processor) {
        processor.put("type", "TemplateProcessing");
        ArrayNode single = processor.putArray("single");
        single.addObject().putObject("SpecialToken").put("id", "<s>").put("type_id", 0);
        single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
        processor.set("pair", single.deepCopy());
        ObjectNode start =
                processor.putObject("special_tokens").putObject("<s>").put("id", "<s>");
        start.putArray("ids").add(1);
        start.putArray("tokens").add("<s>");
    }

    private static void decoder(ObjectNode decoder) {
        ArrayNode steps = decoder.put("type", "Sequence").putArray("decoders");
        ObjectNode spaces = steps.addObject().put("type", "Replace").put("content", " ");
        spaces.putObject("pattern").put("String", "▁");
        steps.addObject().put("type", "ByteFallback");
        steps.addObject().put("type", "Fuse");
        steps.addObject()
                .put("type", "Strip")
                .put("content", " ")
                .put("start", 1)
                .put("stop", 0);
    }
}
