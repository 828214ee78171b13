package io.saccade.contract.event;

/** What a task finds out about an image. */
public sealed interface Answer permits Embedding, Caption, Answers, Moderation {}
