package dev.fovea.eval.report;

import java.util.List;

/// How methods are told apart in tables and charts: those of papers in colours and full lines, controls in grey and
/// dashes, the bounds in black.
record Methods(String colour, String dash, String marker) {
    private static final List<String> ORDER = List.of(
            "none",
            "oracle",
            "hired",
            "flexattention",
            "fastv",
            "prumerge",
            "prumerge+",
            "tokencorr",
            "random",
            "stride",
            "pool",
            "thumbnail");

    /// Position in tables; unknown methods come last.
    static int rank(String method) {
        int at = ORDER.indexOf(method);
        return at < 0 ? ORDER.size() : at;
    }

    /// Whether it is a control that every method should beat.
    static boolean isControl(String method) {
        return List.of("random", "stride", "pool", "thumbnail").contains(method);
    }

    /// Colours that also differ in lightness; names of CSS variables, so that the page's dark form can lighten them.
    static Methods of(String method) {
        return switch (method) {
            case "none" -> new Methods("var(--ink)", "", "circle");
            case "oracle" -> new Methods("var(--ink)", "", "star");
            case "hired" -> new Methods("var(--c1)", "", "circle");
            case "flexattention" -> new Methods("var(--c2)", "", "square");
            case "fastv" -> new Methods("var(--c3)", "", "triangle");
            case "prumerge" -> new Methods("var(--c4)", "", "diamond");
            case "prumerge+" -> new Methods("var(--c5)", "", "square");
            case "tokencorr" -> new Methods("var(--c6)", "", "triangle");
            case "random" -> new Methods("var(--g1)", "4 3", "circle");
            case "stride" -> new Methods("var(--g2)", "1 3", "square");
            case "pool" -> new Methods("var(--g3)", "7 3", "triangle");
            case "thumbnail" -> new Methods("var(--g1)", "", "diamond");
            default -> new Methods("var(--c6)", "2 2", "circle");
        };
    }
}
