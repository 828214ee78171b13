package io.saccade.contract.event;

import java.util.List;

/**
 * What the policy decides about an image, and from what.
 *
 * @param verdict    the strictest that any category calls for
 * @param categories one per category of the policy, in its order
 * @param policy     name and version of the policy that decided
 */
public record Moderation(Verdict verdict, List<Category> categories, String policy) implements Answer {

    public Moderation {
        Check.present("moderation.verdict", verdict);
        categories = Check.list("moderation.categories", Check.present("moderation.categories", categories));
        Check.id("moderation.policy", policy);
    }

    /** From mild to strict. */
    public enum Verdict {
        /** Nothing speaks against it. */
        ALLOW,
        /** A person should look. */
        REVIEW,
        /** Forbidden by the policy. */
        BLOCK
    }

    /**
     * One category.
     *
     * @param name    as in the policy
     * @param score   of the model, 0..1
     * @param verdict what this category alone calls for
     */
    public record Category(String name, double score, Verdict verdict) {

        public Category {
            Check.id("category.name", name);
            Check.fraction("category.score", score);
            Check.present("category.verdict", verdict);
        }
    }
}
