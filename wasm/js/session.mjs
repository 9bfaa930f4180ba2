// @ts-check
// A conversation, with the names of the browser's Prompt API.

/**
 * @typedef {import("./graft.mjs").Graft} Graft
 * @typedef {import("./graft.mjs").Message} Message
 * @typedef {import("./graft.mjs").PromptOptions} PromptOptions
 */

export class Session {
	#graft;
	#options;
	/** @type {Message[]} */
	#messages;

	/**
	 * @param {Graft} graft
	 * @param {Message[]} messages
	 * @param {PromptOptions} options
	 */
	constructor(graft, messages, options) {
		this.#graft = graft;
		this.#messages = [...messages];
		this.#options = options;
	}

	/** What was said, with the answers. */
	get messages() {
		return structuredClone(this.#messages);
	}

	/**
	 * @param {string | Message[]} input
	 * @param {PromptOptions} [options]
	 * @returns {Promise<string>}
	 */
	async prompt(input, options) {
		let answer = "";
		for await (const text of /** @type {any} */ (this.promptStreaming(input, options))) answer += text;
		return answer;
	}

	/**
	 * promptStreaming gives the answer as it comes. Only a whole answer is remembered: one that was cancelled or went
	 * wrong leaves the conversation as it was.
	 * @param {string | Message[]} input
	 * @param {PromptOptions} [options]
	 * @returns {ReadableStream<string>}
	 */
	promptStreaming(input, options) {
		const asked = [...this.#messages, ...asMessages(input)];
		return this.#graft.promptStreaming(asked, {
			...this.#options,
			...options,
			onDone: (g) => {
				this.#messages = [...asked, { role: "assistant", content: g.text }];
				(options?.onDone ?? this.#options.onDone)?.(g);
			},
		});
	}

	/**
	 * append adds to the conversation without an answer.
	 * @param {string | Message[]} input
	 */
	async append(input) {
		this.#messages.push(...asMessages(input));
	}

	/** Tokens of the conversation so far. */
	async contextUsage() {
		return this.#messages.length > 0 ? this.#graft.measureContextUsage(this.#messages) : 0;
	}

	/** Tokens that there is room for. */
	get contextWindow() {
		return this.#graft.info.context;
	}

	/** Another conversation that has come as far as this one. */
	async clone() {
		return new Session(this.#graft, this.#messages, this.#options);
	}

	destroy() {
		this.#messages = [];
	}
}

/** @param {string | Message[]} input @returns {Message[]} */
const asMessages = (input) => (typeof input === "string" ? [{ role: "user", content: input }] : input);
