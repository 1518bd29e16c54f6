// The questions of one card, one after the other: ask, answer, explain. What is asked when is decided here.

import { answer as send } from "./queue.js";
import { Problem } from "./api.js";

const REPLAY = 8; // seconds before the end of the telling sentence that are shown again
const AFTER = 0.4;

/** `during` or `end`: the youngest are asked while they still have it in mind, unless chosen otherwise. */
export function momentOf(ageGroup, chosen) {
  return chosen ?? (ageGroup === "5-7" ? "during" : "end");
}

export class Quiz {
  results = new Map(); // index of a question → what is known of its answer

  constructor(card, moment) {
    this.card = card;
    this.moment = moment;
    this.questions = [...card.quiz_questions].sort((one, other) => one.index - other.index);
  }

  get isDone() {
    return this.results.size === this.questions.length;
  }

  get open() {
    return this.questions.filter((question) => !this.results.has(question.index));
  }

  get right() {
    return [...this.results.values()].filter((result) => result.is_correct === true).length;
  }

  /** Each question as a light: `lit`, `told` (answered, not yet right) or `open`. */
  get lamps() {
    return this.questions.map(({ index }) => {
      const result = this.results.get(index);
      return result ? (result.is_correct ? "lit" : "told") : "open";
    });
  }

  get notYet() {
    return [...this.results.values()].filter((result) => result.is_correct === false).length;
  }

  /** The question that is due at this second of the film, null if none is. */
  dueAt(time) {
    if (this.moment !== "during") return null;
    return this.open.find((question) => question.taught_at_seconds + AFTER <= time) ?? null;
  }

  /** Where to show again from, and until when. */
  static stretchOf(question, duration) {
    const end = Math.min(question.taught_at_seconds + 1, duration);
    return { from: Math.max(question.taught_at_seconds - REPLAY, 0), until: Math.max(end, 1) };
  }

  /**
   * Keep and send the answer; resolves to `QuizResult`, or to what the device knows itself: of a kept film the
   * answer, of another nothing yet (`is_correct` null).
   */
  async answer(question, said, milliseconds) {
    const body = {
      video_id: this.card.id,
      question_index: question.index,
      user_answer: said,
      response_time_ms: Math.min(Math.max(Math.round(milliseconds), 0), 3_600_000),
      mode: this.card.mode,
    };
    const own = gradeHere(question, said);
    let result;
    try {
      const told = send(body);
      // A kept film knows its answers: no child waits for a network to hear what the device can say.
      result = own ? await Promise.race([told, patience(1500)]) : await told;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      result = null;
    }
    result ??= own ?? { is_correct: null, explanation: "", waiting: true };
    this.results.set(question.index, result);
    return result;
  }
}

const patience = (ms) => new Promise((resolve) => setTimeout(resolve, ms, null));

function gradeHere(question, said) {
  if (typeof question.answer !== "boolean") return null;
  return {
    is_correct: said === question.answer,
    correct_answer: question.answer,
    explanation: question.explanation,
    replay_from_seconds: question.taught_at_seconds,
    next_video: null,
    analytics: null,
    waiting: true,
  };
}
