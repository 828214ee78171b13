package io.saccade.triton.vllm;

import static java.util.Objects.requireNonNull;

/**
 * The prompt of a model, with places for what the user brings. The template is the operator's and may hold special tokens; the
 * user's text cannot bring any.
 *
 * @param text   the prompt, with {@value #TEXT} once and, if the model sees images, {@value #IMAGES} once
 * @param image  what stands for one image in this model's prompt, such as {@code <image>\n}; may be empty
 * @param tokens what must not pass from the user's text into the prompt; add the model's own to {@link SpecialTokens#COMMON}
 */
public record PromptTemplate(String text, String image, SpecialTokens tokens) {
    /** Where the user's text goes. */
    public static final String TEXT = "{text}";

    /** Where the image placeholders go, one for each image. */
    public static final String IMAGES = "{images}";

    /** LLaVA 1.5. */
    public static final PromptTemplate LLAVA =
            new PromptTemplate("USER: {images}{text} ASSISTANT:", "<image>\n", SpecialTokens.COMMON);

    /** Qwen2-VL and Qwen2.5-VL. */
    public static final PromptTemplate QWEN2_VL = new PromptTemplate(
            "<|im_start|>user\n{images}{text}<|im_end|>\n<|im_start|>assistant\n",
            "<|vision_start|><|image_pad|><|vision_end|>",
            SpecialTokens.COMMON);

    /** Checks the places. */
    public PromptTemplate {
        requireNonNull(image, "image");
        requireNonNull(tokens, "tokens");
        if (text.indexOf(TEXT) < 0 || text.indexOf(TEXT) != text.lastIndexOf(TEXT)) {
            throw new IllegalArgumentException("a prompt template needs " + TEXT + " exactly once, got '" + text + "'");
        }
        if (text.indexOf(IMAGES) != text.lastIndexOf(IMAGES)) {
            throw new IllegalArgumentException("a prompt template may have " + IMAGES + " once, got '" + text + "'");
        }
    }

    /**
     * The whole prompt.
     *
     * @throws IllegalArgumentException if there are images and the template has no place for them
     */
    public String fill(String userText, int images) {
        if (images > 0 && !text.contains(IMAGES)) {
            throw new IllegalArgumentException("the prompt template has no " + IMAGES + ", got " + images + " images");
        }
        // The user's text goes in last, so that a place named in it stays text.
        String withImages = text.replace(IMAGES, image.repeat(images));
        int place = withImages.indexOf(TEXT);
        return withImages.substring(0, place)
                + tokens.neutralise(userText)
                + withImages.substring(place + TEXT.length());
    }
}
