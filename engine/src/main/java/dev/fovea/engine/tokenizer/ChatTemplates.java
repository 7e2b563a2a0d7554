package dev.fovea.engine.tokenizer;

import dev.fovea.engine.file.GgufMetadata;
import dev.fovea.engine.file.ModelFormatException;
import dev.fovea.engine.file.SmallFiles;
import java.nio.charset.StandardCharsets;
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

    private final Path place;
    private final SmallFiles files;

    /// @param place of the files, for messages
    ChatTemplates(Path place, SmallFiles files) {
        this.place = place;
        this.files = files;
    }

    ChatFormat format() {
        return template()
                .flatMap(ChatTemplates::recognized)
                .or(this::configured)
                .orElseThrow(() -> new ModelFormatException(
                        place,
                        "a known chat template or model type; name the format instead: " + ChatFormat.names(),
                        "neither"));
    }

    static ChatFormat format(GgufMetadata metadata) {
        return metadata.text("tokenizer.chat_template")
                .flatMap(ChatTemplates::recognized)
                .orElseThrow(() -> new ModelFormatException(
                        metadata.file(),
                        "a known tokenizer.chat_template; name the format instead: " + ChatFormat.names(),
                        metadata.has("tokenizer.chat_template") ? "another" : "none"));
    }

    /// The template, where the reference looks for it first.
    private Optional<String> template() {
        String jinja = "chat_template.jinja";
        if (files.has(jinja)) {
            return Optional.of(new String(files.read(jinja, MAX_BYTES), StandardCharsets.UTF_8));
        }
        return List.of("chat_template.json", "processor_config.json", "tokenizer_config.json").stream()
                .filter(files::has)
                .map(name -> JsonField.read(files, name).at("chat_template"))
                .filter(JsonField::present)
                .findFirst()
                .map(ChatTemplates::template);
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
        if (!files.has("config.json")) {
            return Optional.empty();
        }
        JsonField config = JsonField.read(files, "config.json");
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
