internal import CYAML

/// A piece of a YAML text, as libyaml's event API hands it out.
struct Event {
    enum Kind {
        case documentStart
        case alias(String)
        case scalar(String, isPlain: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        case streamEnd
        /// Begin of the stream and end of a document, which say nothing here.
        case other
    }

    let kind: Kind
    /// The name behind `&`.
    let anchor: String?
    let position: Position
}

/// libyaml's parser over a text of its own: the only place that touches C.
///
/// libyaml keeps a pointer to its own state and one to the text, so both stay where they are until the stream goes.
///
/// - SeeAlso: yaml.h, yaml_parser_parse(); https://pyyaml.org/wiki/LibYAML
@safe struct EventStream: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    /// Begins to read `bytes`, which are UTF-8 whatever their first ones are.
    ///
    /// libyaml would take FE FF for the mark of UTF-16, and positions and bounds would be in other units. A mark of
    /// UTF-8 is left out, because libyaml counts it as a column once it has been told the encoding.
    init(_ bytes: [UInt8]) throws(YAMLProblem) {
        unsafe parser = .allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw .noMemory
        }
        let isMarked = bytes.starts(with: ByteOrderMark.bytes)
        let content = bytes.dropFirst(isMarked ? ByteOrderMark.bytes.count : 0)
        unsafe text = .allocate(capacity: content.count)
        _ = unsafe text.initialize(from: content)
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// The next event; after a problem or the end of the stream the stream is not asked again.
    mutating func next() throws(YAMLProblem) -> Event {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { unsafe yaml_event_delete(&event) }
        return unsafe Event(event)
    }

    private func problem() -> YAMLProblem {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "cannot be read"
        switch unsafe parser.pointee.error {
        case YAML_MEMORY_ERROR:
            return .noMemory
        case YAML_READER_ERROR:
            let place = unsafe Position(ofByte: parser.pointee.problem_offset, in: Array(text))
            return YAMLProblem(.unreadable, problem, at: place)
        default:
            let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) }
            return YAMLProblem(.malformed, problem, context: context, at: Position(unsafe parser.pointee.problem_mark))
        }
    }
}

extension YAMLProblem {
    fileprivate static var noMemory: YAMLProblem {
        YAMLProblem(.memory, "no memory is left", at: Position(line: 1, column: 1))
    }
}

extension Position {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}

extension Event {
    /// A copy of what an event of libyaml's holds, which is freed by whoever got it.
    fileprivate init(_ event: yaml_event_t) {
        let data = unsafe event.data
        position = Position(unsafe event.start_mark)
        switch unsafe event.type {
        case YAML_ALIAS_EVENT:
            kind = .alias(unsafe Self.name(data.alias.anchor) ?? "")
            anchor = nil
        case YAML_SCALAR_EVENT:
            // The length counts: a text may hold zero bytes.
            let bytes = unsafe UnsafeBufferPointer(start: data.scalar.value, count: data.scalar.length)
            let isPlain = unsafe data.scalar.style == YAML_PLAIN_SCALAR_STYLE && data.scalar.plain_implicit != 0
            kind = .scalar(unsafe String(decoding: bytes, as: UTF8.self), isPlain: isPlain)
            anchor = unsafe Self.name(data.scalar.anchor)
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            anchor = unsafe Self.name(data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            anchor = unsafe Self.name(data.mapping_start.anchor)
        case YAML_SEQUENCE_END_EVENT: (kind, anchor) = (.sequenceEnd, nil)
        case YAML_MAPPING_END_EVENT: (kind, anchor) = (.mappingEnd, nil)
        case YAML_DOCUMENT_START_EVENT: (kind, anchor) = (.documentStart, nil)
        case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: (kind, anchor) = (.other, nil)
        // YAML_NO_EVENT comes for ever behind the end.
        default: (kind, anchor) = (.streamEnd, nil)
        }
    }

    private static func name(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        guard let text = unsafe text else { return nil }
        return unsafe String(cString: text)
    }
}
