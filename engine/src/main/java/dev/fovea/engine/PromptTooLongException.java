package dev.fovea.engine;

/// A prompt that leaves no room for an answer in the session's context.
public final class PromptTooLongException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    PromptTooLongException(int cached, int prompt, int context) {
        super("prompt too long: expected less than " + context + " positions, found " + (cached + prompt)
                + (cached > 0 ? " (" + cached + " of them of earlier turns)" : "")
                + "; lower the token budget, ask with fewer images or raise the context length");
    }
}
