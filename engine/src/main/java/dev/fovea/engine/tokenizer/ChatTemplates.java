package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.ModelFormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Tells a checkpoint's chat format from its files.
///
/// Templates are programs, which are recognised here and not run: by the marks they write.
final class ChatTemplates {
    private static final long MAX_BYTES = 1 << 20;

    /// ChatML with a new line after each turn is another format than the one without.
    private static final Pattern LINE_AFTER_TURN =
            Pattern.compile("<\\|im_end\\|>(['\"]\\s*[+~]\\s*['\"])?(\\\\n|\\n)");

    private final Path directory;

    ChatTemplates(Path directory) {
        this.directory = directory;
    }

    ChatFormat format() {
        return template()
                .flatMap(ChatTemplates::recognized)
                .or(this::configured)
                .orElseThrow(() -> new ModelFormatException(
                        directory,
                        "a known chat template or model type; name the format instead: " + ChatFormat.names(),
                        "neither"));
    }

    /// The template, where the reference looks for it first.
    private Optional<String> template() {
        Path jinja = directory.resolve("chat_template.jinja");
        if (Files.exists(jinja)) {
            return Optional.of(text(jinja));
        }
        return List.of("chat_template.json", "processor_config.json", "tokenizer_config.json").stream()
                .map(directory::resolve)
                .filter(Files::exists)
                .map(file -> JsonField.read(file).at("chat_template"))
                .filter(JsonField::present)
                .findFirst()
                .map(ChatTemplates::template);
    }

    private static String text(Path file) {
        try {
            long bytes = Files.size(file);
            if (bytes > MAX_BYTES) {
                throw new ModelFormatException(file, "at most " + MAX_BYTES + " bytes", bytes + " bytes");
            }
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new ModelFormatException(file, "a readable file", e.toString(), e);
        }
    }

    /// A template is a string, or one of several with names, of which `default` counts.
    private static String template(JsonField field) {
        if (!field.isArray()) {
            return field.text();
        }
        for (JsonField named : field.items()) {
            if (named.at("name").text().equals("default")) {
                return named.at("template").text();
            }
        }
        throw field.unexpected("a template named default");
    }

    static Optional<ChatFormat> recognized(String template) {
        if (template.contains("[INST]") && template.contains("[/INST]") && !template.contains("<<SYS>>")) {
            return Optional.of(ChatFormat.MISTRAL_INSTRUCT);
        }
        if (template.contains("<|im_start|>")) {
            boolean direct = template.contains("<|im_end|>")
                    && !LINE_AFTER_TURN.matcher(template).find();
            return direct ? Optional.of(ChatFormat.CHATML_DIRECT) : Optional.empty();
        }
        boolean user = template.contains("USER:") || template.contains("upper");
        if (!user || !template.contains("ASSISTANT:")) {
            return Optional.empty();
        }
        if (template.contains("curious human")) {
            return Optional.of(ChatFormat.LLAVA_V1);
        }
        if (template.contains("curious user")) {
            return Optional.of(template.contains("<|endoftext|>") ? ChatFormat.PHI : ChatFormat.VICUNA_V1);
        }
        return Optional.of(ChatFormat.VICUNA);
    }

    /// The format by `model_type` of the model and of its language model, as the family's own code chooses it.
    private Optional<ChatFormat> configured() {
        Path file = directory.resolve("config.json");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        JsonField config = JsonField.read(file);
        String model = type(config);
        String text = type(config.at("text_config"));
        if (config.at("mm_projector_type").present()
                || config.at("mm_vision_tower").present()) {
            // FlexAttention's evaluation uses the command line's format.
            boolean flex = config.at("extra").at("highres_size").present();
            return flex ? Optional.of(ChatFormat.LLAVA_V1) : original(model);
        }
        return switch (model) {
            case "llava", "llava_next" ->
                switch (text) {
                    case "mistral" -> Optional.of(ChatFormat.MISTRAL_INSTRUCT);
                    case "", "llama" ->
                        Optional.of(model.equals("llava_next") ? ChatFormat.LLAVA_V1 : ChatFormat.VICUNA);
                    default -> Optional.empty();
                };
            case "tinyllava" ->
                switch (text) {
                    case "phi", "stablelm" -> Optional.of(ChatFormat.PHI);
                    case "llama", "openelm" -> Optional.of(ChatFormat.LLAMA);
                    default -> Optional.empty();
                };
            default -> original(model);
        };
    }

    /// By the type names of the original repositories.
    private static Optional<ChatFormat> original(String model) {
        return switch (model) {
            case "llava", "llava_llama", "mobilevlm", "mobilevlm_v2", "tiny_llava", "tiny_llava_llama" ->
                Optional.of(ChatFormat.VICUNA_V1);
            case "llava_mistral" -> Optional.of(ChatFormat.MISTRAL_INSTRUCT);
            case "llava_phi", "tiny_llava_phi", "tiny_llava_stablelm" -> Optional.of(ChatFormat.PHI);
            default -> Optional.empty();
        };
    }

    private static String type(JsonField config) {
        return config.at("model_type").textOr("").toLowerCase(Locale.ROOT).replace('-', '_');
    }
}
