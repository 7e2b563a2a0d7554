package dev.fovea.engine.tokenizer;

import dev.fovea.engine.tokenizer.AddedTokens.AddedToken;
import dev.fovea.engine.tokenizer.AddedTokens.Trie;
import dev.fovea.engine.tokenizer.BytePairs.Rules;
import dev.fovea.engine.tokenizer.TextRewrite.Cut;
import dev.fovea.engine.tokenizer.TextRewrite.Metaspace;
import dev.fovea.engine.tokenizer.TextRewrite.Prepend;
import dev.fovea.engine.tokenizer.TextRewrite.Replace;
import dev.fovea.engine.tokenizer.TextRewrite.Scheme;
import dev.fovea.engine.tokenizer.TextRewrite.Step;
import dev.fovea.engine.tokenizer.TextRewrite.Whole;
import dev.fovea.engine.tokenizer.Tokenizer.Frame;
import dev.fovea.engine.tokenizer.Tokenizer.Stages;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/// Reads `tokenizer.json`.
///
/// ```
/// { "added_tokens": [{"id", "content", flags}],
///   "normalizer":    null | Prepend | Replace | Sequence of those,
///   "pre_tokenizer": null | Metaspace,
///   "model":         BPE {"vocab": {token: id}, "merges": ["a b"] or [["a", "b"]], rules},
///   "post_processor": null | TemplateProcessing,
///   "decoder":       Sequence of Replace, ByteFallback, Fuse, Strip }
/// ```
///
/// Whatever else a file asks for is an error. `truncation` and `padding` are passed over: they belong to a call,
/// and the reference's loader sets them for each call.
final class TokenizerJson {
    /// The longest text by which a normaliser or decoder may replace something; in use are single characters.
    private static final int MAX_REPLACEMENT_CHARS = 64;

    private static final String[] FIELDS = ("version truncation padding added_tokens normalizer pre_tokenizer "
                    + "post_processor decoder model")
            .split(" ");
    private static final String[] MODEL_FIELDS = ("type dropout unk_token continuing_subword_prefix end_of_word_suffix "
                    + "fuse_unk byte_fallback ignore_merges vocab merges")
            .split(" ");

    private final JsonField root;
    private final TokenizerConfig config;

    TokenizerJson(JsonField root, TokenizerConfig config) {
        this.config = config;
        this.root = root;
        root.allowOnly(FIELDS);
    }

    Tokenizer tokenizer() {
        Map<String, Integer> model = model();
        TextRewrite rewrite = new TextRewrite(normalizer(root.at("normalizer")), cut(root.at("pre_tokenizer")));
        List<AddedToken> own = added();
        Map<String, Integer> known = new HashMap<>(model);
        own.forEach(token -> known.putIfAbsent(token.content(), token.id()));
        List<AddedToken> added = TokenizerConfig.merged(own, config.declared(known), rewrite);
        Vocabulary vocabulary = new Vocabulary(root.file(), model, added);
        AddedTokens tokens = new AddedTokens(added);
        BytePairs pairs = new BytePairs(model, merges(model), new Trie(), rules(model));
        Frame frame = config.frame(frame(root.at("post_processor"), vocabulary), vocabulary);
        return new Tokenizer(vocabulary, new Stages(tokens, rewrite, pairs), frame, decoder(root.at("decoder")));
    }

    private List<AddedToken> added() {
        List<AddedToken> tokens = new ArrayList<>();
        Set<String> contents = new HashSet<>();
        JsonField list = root.at("added_tokens");
        for (JsonField item : list.present() ? list.items() : List.<JsonField>of()) {
            AddedToken token = TokenizerConfig.token(item.at("id").count(), item);
            if (!contents.add(token.content())) {
                throw item.unexpected("each added token once", "\"" + token.content() + "\" again");
            }
            tokens.add(token);
        }
        return tokens;
    }

    private Map<String, Integer> model() {
        JsonField model = root.at("model");
        type(model, "BPE");
        model.allowOnly(MODEL_FIELDS);
        for (String unused : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
            if (!model.at(unused).textOr("").isEmpty()) {
                throw model.at(unused).unexpected("null or empty");
            }
        }
        JsonField dropout = model.at("dropout");
        if (dropout.present() && !(dropout.node().isNumber() && dropout.node().doubleValue() == 0)) {
            throw dropout.unexpected("null or 0");
        }
        Map<String, Integer> ids = new HashMap<>();
        model.at("vocab").fields().forEach((token, id) -> ids.put(token, id.count()));
        return ids;
    }

    private Rules rules(Map<String, Integer> model) {
        JsonField at = root.at("model");
        int unknown = at.at("unk_token").present()
                ? id(model, at.at("unk_token"), at.at("unk_token").text())
                : BytePairs.NONE;
        return new Rules(
                unknown,
                at.at("fuse_unk").flag(false),
                at.at("byte_fallback").flag(false),
                at.at("ignore_merges").flag(false));
    }

    private PairTable merges(Map<String, Integer> model) {
        List<JsonField> merges = root.at("model").at("merges").items();
        PairTable pairs = new PairTable(merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            JsonField merge = merges.get(rank);
            String[] sides = sides(merge);
            int left = id(model, merge, sides[0]);
            int right = id(model, merge, sides[1]);
            pairs.put(left, right, rank, id(model, merge, sides[0] + sides[1]));
        }
        return pairs;
    }

    private static String[] sides(JsonField merge) {
        String[] sides = merge.isText()
                ? merge.text().split(" ", -1)
                : merge.items().stream().map(JsonField::text).toArray(String[]::new);
        if (sides.length != 2) {
            throw merge.unexpected("\"a b\" or [\"a\", \"b\"]");
        }
        return sides;
    }

    private static int id(Map<String, Integer> model, JsonField place, String token) {
        Integer id = model.get(token);
        if (id == null) {
            throw place.unexpected("a token of model.vocab", "\"" + token + "\"");
        }
        return id;
    }

    private static List<Step> normalizer(JsonField field) {
        if (!field.present()) {
            return List.of();
        }
        return switch (field.at("type").text()) {
            case "Sequence" -> {
                field.allowOnly("type", "normalizers");
                List<Step> steps = new ArrayList<>();
                field.at("normalizers").items().forEach(item -> steps.addAll(normalizer(item)));
                yield List.copyOf(steps);
            }
            case "Prepend" -> {
                field.allowOnly("type", "prepend");
                yield List.of(new Prepend(shortText(field.at("prepend"))));
            }
            case "Replace" -> List.of(replace(field));
            default -> throw field.at("type").unexpected("Sequence, Prepend or Replace");
        };
    }

    private static Replace replace(JsonField field) {
        field.allowOnly("type", "pattern", "content");
        JsonField pattern = field.at("pattern").at("String");
        String from = shortText(pattern);
        if (from.isEmpty()) {
            throw pattern.unexpected("a string that is not empty");
        }
        return new Replace(from, shortText(field.at("content")));
    }

    private static String shortText(JsonField field) {
        String text = field.text();
        if (text.length() > MAX_REPLACEMENT_CHARS) {
            throw field.unexpected("at most " + MAX_REPLACEMENT_CHARS + " characters");
        }
        return text;
    }

    private static Cut cut(JsonField field) {
        if (!field.present()) {
            return new Whole();
        }
        type(field, "Metaspace");
        field.allowOnly("type", "replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep");
        return new Metaspace(
                character(field.at("replacement")),
                scheme(field),
                field.at("split").flag(true));
    }

    private static String character(JsonField field) {
        String text = field.text();
        if (text.codePointCount(0, text.length()) != 1) {
            throw field.unexpected("one character");
        }
        return text;
    }

    private static Scheme scheme(JsonField metaspace) {
        // Older files have `add_prefix_space` instead of the scheme.
        JsonField named = metaspace.at("prepend_scheme");
        boolean prefixed = metaspace.at("add_prefix_space").flag(true);
        String scheme = named.textOr(prefixed ? "always" : "never");
        if (!prefixed && !scheme.equals("never")) {
            throw named.unexpected("never, as add_prefix_space is false");
        }
        return switch (scheme) {
            case "first", "always", "never" -> Scheme.valueOf(scheme.toUpperCase(Locale.ROOT));
            default -> throw named.unexpected("first, always or never");
        };
    }

    private static Frame frame(JsonField field, Vocabulary vocabulary) {
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        if (field.present()) {
            type(field, "TemplateProcessing");
            int texts = 0;
            for (JsonField part : field.at("single").items()) {
                if (part.at("SpecialToken").present()) {
                    String name = part.at("SpecialToken").at("id").text();
                    List<Integer> ids = templateIds(field.at("special_tokens").at(name), vocabulary);
                    (texts == 0 ? before : after).addAll(ids);
                } else if (texts++ > 0 || !part.at("Sequence").at("id").text().equals("A")) {
                    throw part.unexpected("special tokens and the sequence A once");
                }
            }
            if (texts == 0) {
                throw field.at("single").unexpected("the sequence A among special tokens");
            }
        }
        return new Frame(array(before), array(after), only(before), only(after), OptionalInt.empty());
    }

    private static List<Integer> templateIds(JsonField token, Vocabulary vocabulary) {
        List<Integer> ids = new ArrayList<>();
        for (JsonField id : token.at("ids").items()) {
            if (vocabulary.token(id.count()) == null) {
                throw id.unexpected("the id of a token");
            }
            ids.add(id.count());
        }
        return ids;
    }

    private static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    private static OptionalInt only(List<Integer> ids) {
        return ids.size() == 1 ? OptionalInt.of(ids.getFirst()) : OptionalInt.empty();
    }

    /// The steps in the one order in which text can be decoded as it comes.
    private static StreamingDecoder.Steps decoder(JsonField field) {
        boolean several = field.at("type").text().equals("Sequence");
        List<Replace> replaced = new ArrayList<>();
        StringBuilder order = new StringBuilder();
        int stripped = ' ';
        int strips = 0;
        for (JsonField step : several ? field.at("decoders").items() : List.of(field)) {
            String type = step.at("type").text();
            order.append(type).append(' ');
            if (type.equals("Replace")) {
                replaced.add(replace(step));
            } else if (type.equals("Strip")) {
                stripped = character(step.at("content")).codePointAt(0);
                strips = step.at("start").count();
                if (step.at("stop").count() != 0) {
                    throw step.at("stop").unexpected("0");
                }
            }
        }
        if (!order.toString().matches("(Replace )*(ByteFallback )?(Fuse (Strip )?)?")) {
            throw field.unexpected("Replace, ByteFallback, Fuse and Strip in this order", order.toString());
        }
        boolean bytes = order.indexOf("ByteFallback") >= 0;
        return new StreamingDecoder.Steps(List.copyOf(replaced), bytes, stripped, strips);
    }

    private static void type(JsonField field, String type) {
        if (!field.at("type").text().equals(type)) {
            throw field.at("type").unexpected("\"" + type + "\"");
        }
    }
}
